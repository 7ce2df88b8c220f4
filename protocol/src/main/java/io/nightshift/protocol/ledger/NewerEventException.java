package io.nightshift.protocol.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;

/// An entry holds what only a later version knows: it isn't damaged, but can't be understood here.
/// Who reads on without it would know less than happened.
public final class NewerEventException extends UncheckedIOException {

    private static final long serialVersionUID = 1;

    /// @param word the kind of event, or the value of a field, that isn't known
    NewerEventException(String word, IOException cause) {
        super("'%s' is not known to this version; a newer one of Nightshift wrote it".formatted(word), cause);
    }
}
