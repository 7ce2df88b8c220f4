package io.nightshift.protocol.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;

/// An entry is not damaged, but holds a kind of event or a value that only later versions know. A reader must
/// not skip the entry: the batch's state would then lack something that happened.
public final class NewerEventException extends UncheckedIOException {

    private static final long serialVersionUID = 1;

    /// @param word the unknown kind of event, or the unknown value of a field
    NewerEventException(String word, IOException cause) {
        super("'%s' is unknown to this version of Nightshift; a newer version wrote it".formatted(word), cause);
    }
}
