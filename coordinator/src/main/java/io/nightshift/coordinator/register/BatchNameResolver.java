package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.List;
import java.util.stream.Collectors;

/// Finds the batch that a user names: by its ID, by the beginning of its ID, or as `latest`.
public final class BatchNameResolver {

    /// The name of the batch that was submitted last.
    public static final String LATEST = "latest";
    private static final int SHOWN = 5;

    private BatchNameResolver() {}

    /// The batch of a name.
    ///
    /// @throws FailureException if the name matches no batch, or more than one
    public static BatchId resolve(BatchRegisterState register, String name) {
        if (BatchId.isValid(name) && register.batches().containsKey(new BatchId(name))) {
            return new BatchId(name);
        }
        if (name.equals(LATEST)) {
            return register.latest().orElseThrow(() -> FailureException.permanent("no batch has run yet"));
        }
        List<String> ids =
                register.batches().keySet().stream().map(BatchId::value).toList();
        List<String> matches = ids.stream().filter(id -> id.startsWith(name)).toList();
        if (matches.size() == 1) {
            return new BatchId(matches.getFirst());
        }
        if (matches.isEmpty()) {
            String near = NameSuggestion.closest(name, ids);
            throw FailureException.permanent("there is no batch %s; %s"
                    .formatted(name, near == null ? "`batch list` shows them all" : "did you mean " + near + "?"));
        }
        String shown = matches.reversed().stream().limit(SHOWN).collect(Collectors.joining(", "));
        throw FailureException.permanent("%d batches begin with %s: %s%s"
                .formatted(matches.size(), name, shown, matches.size() > SHOWN ? " and more" : ""));
    }
}
