package io.nightshift.coordinator.jobs;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.List;
import java.util.stream.Collectors;

/// What a user may call a batch: its id, the beginning of it, or `latest`.
public final class BatchNames {

    public static final String LATEST = "latest";
    private static final int SHOWN = 5;

    private BatchNames() {}

    /// @throws FailureException if it names no batch, or more than one
    public static BatchId resolve(JobsState register, String name) {
        List<String> ids =
                register.batches().keySet().stream().map(BatchId::value).toList();
        if (ids.contains(name)) {
            return new BatchId(name);
        }
        if (name.equals(LATEST)) {
            if (ids.isEmpty()) {
                throw FailureException.permanent("no batch has run yet");
            }
            return new BatchId(ids.getLast());
        }
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
