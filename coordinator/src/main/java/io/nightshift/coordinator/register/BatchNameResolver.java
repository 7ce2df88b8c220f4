package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Finds the batch that a user names: by its ID, by the beginning of its ID, or as `latest`.
public final class BatchNameResolver {

    /// The name of the batch that was submitted last.
    public static final String LATEST = "latest";

    private static final int SHOWN = 5;

    /// The most archived batches that are searched for a name. More would be slow.
    private static final int MOST_ARCHIVED = 1_000;

    private BatchNameResolver() {}

    /// The batch of a name. Waits for the archive if the register does not keep all batches.
    ///
    /// @throws FailureException if the name matches no batch, or more than one
    public static BatchId resolve(BatchRegisterState register, BatchArchive archive, String name) {
        if (BatchId.isValid(name) && register.batches().containsKey(new BatchId(name))) {
            return new BatchId(name);
        }
        if (name.equals(LATEST)) {
            return register.latest().orElseThrow(() -> FailureException.permanent("no batch has run yet"));
        }
        List<BatchId> archived =
                register.archives() == 0 || name.isEmpty() ? List.of() : archive.startingWith(name, MOST_ARCHIVED);
        if (BatchId.isValid(name) && archived.contains(new BatchId(name))) {
            return new BatchId(name);
        }
        List<String> ids =
                register.batches().keySet().stream().map(BatchId::value).toList();
        List<String> kept = ids.stream().filter(id -> id.startsWith(name)).toList();
        TreeSet<String> matches = new TreeSet<>(kept);
        archived.forEach(batch -> matches.add(batch.value()));
        if (matches.size() == 1) {
            return new BatchId(matches.getFirst());
        }
        if (matches.isEmpty()) {
            String near = NameSuggestion.closest(name, ids);
            throw FailureException.permanent("there is no batch %s; %s"
                    .formatted(
                            name,
                            near == null
                                    ? "`batch list` shows them all, and `job runs %s` the runs of the job, if one is applied"
                                            .formatted(name)
                                    : "did you mean " + near + "?"));
        }
        List<String> newest = kept.isEmpty() ? List.copyOf(matches.descendingSet()) : kept.reversed();
        String shown = newest.stream().limit(SHOWN).collect(Collectors.joining(", "));
        throw FailureException.permanent("%s%d batches begin with %s: %s%s"
                .formatted(
                        archived.size() == MOST_ARCHIVED ? "at least " : "",
                        matches.size(),
                        name,
                        shown,
                        matches.size() > Math.min(SHOWN, newest.size()) ? " and more" : ""));
    }
}
