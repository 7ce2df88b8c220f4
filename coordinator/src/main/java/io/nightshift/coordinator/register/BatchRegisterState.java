package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All batches of all jobs, in the order of submission: an immutable fold.
///
/// @param batches by id
/// @param keys what submissions with a key came to
public record BatchRegisterState(Map<BatchId, Entry> batches, Map<Key, Use> keys) {

    /// A submission's key; keys of different jobs have nothing to do with each other.
    public record Key(String job, String key) {}

    /// What a key was used for first.
    ///
    /// @param fingerprint of the job file
    public record Use(String fingerprint, BatchId batch) {}

    /// @param superseded whether a later batch of the job was opened while this was open
    /// @param end how it ended, or nothing while it is open
    public record Entry(BatchRegisterEvent.Opened opened, boolean superseded, Optional<Phase> end) {
        boolean isOpen() {
            return end.isEmpty() && !superseded;
        }
    }

    public static final BatchRegisterState EMPTY = new BatchRegisterState(Map.of(), Map.of());

    public BatchRegisterState apply(BatchRegisterEvent event) {
        return new BatchRegisterState(batches(event), keys(event));
    }

    private Map<Key, Use> keys(BatchRegisterEvent event) {
        return switch (event) {
            case BatchRegisterEvent.Opened(Instant at, BatchId batch, Submission submission, String key)
            when key != null -> with(new Key(submission.job().name(), key), new Use(submission.fingerprint(), batch));
            case BatchRegisterEvent.Keyed(Instant at, BatchId batch, String key, String fingerprint) -> {
                Entry entry = batches.get(batch);
                yield entry == null ? keys : with(new Key(job(entry), key), new Use(fingerprint, batch));
            }
            case BatchRegisterEvent.Opened opened -> keys;
            case BatchRegisterEvent.Ended ended -> keys;
        };
    }

    private Map<Key, Use> with(Key key, Use use) {
        Map<Key, Use> next = new HashMap<>(keys);
        next.putIfAbsent(key, use);
        return Collections.unmodifiableMap(next);
    }

    private Map<BatchId, Entry> batches(BatchRegisterEvent event) {
        Map<BatchId, Entry> next = new LinkedHashMap<>(batches);
        switch (event) {
            case BatchRegisterEvent.Opened opened -> {
                String job = opened.submission().job().name();
                next.replaceAll((id, entry) -> entry.isOpen() && job(entry).equals(job)
                        ? new Entry(entry.opened(), true, entry.end())
                        : entry);
                next.put(opened.batch(), new Entry(opened, false, Optional.empty()));
            }
            case BatchRegisterEvent.Keyed keyed -> {}
            case BatchRegisterEvent.Ended ended ->
                next.computeIfPresent(
                        ended.batch(),
                        (id, entry) -> new Entry(entry.opened(), entry.superseded(), Optional.of(ended.phase())));
        }
        return Collections.unmodifiableMap(next);
    }

    /// What the key of a submission was used for, if it was.
    Optional<Use> use(String job, String key) {
        return Optional.ofNullable(keys.get(new Key(job, key)));
    }

    /// The open batch of a job; there is at most one.
    public Optional<Entry> open(String job) {
        return ofJob(job).filter(Entry::isOpen).findFirst();
    }

    /// The batch of the job that was published last.
    public Optional<Entry> lastPublished(String job) {
        return ofJob(job)
                .filter(entry -> entry.end().filter(Phase.PUBLISHED::equals).isPresent())
                .reduce((earlier, later) -> later);
    }

    /// Whether nothing more is expected of the batch.
    boolean hasEnded(BatchId batch) {
        Entry entry = batches.get(batch);
        return entry == null || entry.end().isPresent();
    }

    List<Entry> unfinished() {
        List<Entry> unfinished = new ArrayList<>(batches.values());
        unfinished.removeIf(entry -> entry.end().isPresent());
        return unfinished;
    }

    public Collection<Entry> all() {
        return batches.values();
    }

    private java.util.stream.Stream<Entry> ofJob(String job) {
        return batches.values().stream().filter(entry -> job(entry).equals(job));
    }

    private static String job(Entry entry) {
        return entry.opened().submission().job().name();
    }

    /// Whether an open batch may be gone on with for this submission.
    static Optional<String> conflict(Entry open, Submission submission) {
        Submission before = open.opened().submission();
        if (!before.fingerprint().equals(submission.fingerprint())) {
            return Optional.of("the job file is another than the one that batch was opened with");
        }
        if (!before.model().equals(submission.model())) {
            return Optional.of("it was opened with model %s, and the job now names %s"
                    .formatted(before.model(), submission.model()));
        }
        return Optional.empty();
    }
}
