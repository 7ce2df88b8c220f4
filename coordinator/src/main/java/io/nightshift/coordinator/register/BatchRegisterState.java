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
import java.util.stream.Stream;

/// The state of the batch register: an immutable fold over its events.
///
/// @param batches every batch by its ID, in the order of submission
/// @param keys the idempotency keys that submissions have used
public record BatchRegisterState(Map<BatchId, Entry> batches, Map<Key, KeyUse> keys) {

    /// An idempotency key. The same text is another key for another job.
    ///
    /// @param job the job's name
    /// @param key as the caller sent it
    public record Key(String job, String key) {}

    /// The first use of a key, which all later ones repeat.
    ///
    /// @param fingerprint of the submitted job file
    /// @param batch that the submission led to
    public record KeyUse(String fingerprint, BatchId batch) {}

    /// A batch of the register.
    ///
    /// @param opened the event that added it
    /// @param superseded whether a later batch of the job was opened while this one was open
    /// @param end published or cancelled; empty until the batch has ended
    public record Entry(BatchRegisterEvent.Opened opened, boolean superseded, Optional<Phase> end) {
        boolean isOpen() {
            return end.isEmpty() && !superseded;
        }
    }

    /// The state before the first event.
    public static final BatchRegisterState EMPTY = new BatchRegisterState(Map.of(), Map.of());

    /// The state after one more event.
    public BatchRegisterState apply(BatchRegisterEvent event) {
        return new BatchRegisterState(batches(event), keys(event));
    }

    private Map<Key, KeyUse> keys(BatchRegisterEvent event) {
        return switch (event) {
            case BatchRegisterEvent.Opened(Instant at, BatchId batch, Submission submission, String key)
            when key != null ->
                with(new Key(submission.job().name(), key), new KeyUse(submission.fingerprint(), batch));
            case BatchRegisterEvent.Keyed(Instant at, BatchId batch, String key, String fingerprint) -> {
                Entry entry = batches.get(batch);
                yield entry == null ? keys : with(new Key(job(entry), key), new KeyUse(fingerprint, batch));
            }
            case BatchRegisterEvent.Opened opened -> keys;
            case BatchRegisterEvent.Ended ended -> keys;
        };
    }

    private Map<Key, KeyUse> with(Key key, KeyUse use) {
        Map<Key, KeyUse> next = new HashMap<>(keys);
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

    /// The first use of a key; empty if it is new.
    Optional<KeyUse> use(String job, String key) {
        return Optional.ofNullable(keys.get(new Key(job, key)));
    }

    /// The open batch of a job; a job has at most one.
    public Optional<Entry> open(String job) {
        return ofJob(job).filter(Entry::isOpen).findFirst();
    }

    /// The batch of the job that was published last.
    public Optional<Entry> lastPublished(String job) {
        return ofJob(job)
                .filter(entry -> entry.end().filter(Phase.PUBLISHED::equals).isPresent())
                .reduce((earlier, later) -> later);
    }

    /// Whether the batch has ended, or is unknown.
    boolean hasEnded(BatchId batch) {
        Entry entry = batches.get(batch);
        return entry == null || entry.end().isPresent();
    }

    /// The batches that have not ended, superseded ones included.
    List<Entry> unfinished() {
        List<Entry> unfinished = new ArrayList<>(batches.values());
        unfinished.removeIf(entry -> entry.end().isPresent());
        return unfinished;
    }

    /// Every batch in the order of submission.
    public Collection<Entry> all() {
        return batches.values();
    }

    private Stream<Entry> ofJob(String job) {
        return batches.values().stream().filter(entry -> job(entry).equals(job));
    }

    private static String job(Entry entry) {
        return entry.opened().submission().job().name();
    }

    /// Why a submission can't resume an open batch, as the end of a sentence; empty if it can.
    static Optional<String> conflict(Entry open, Submission submission) {
        Submission before = open.opened().submission();
        if (!before.fingerprint().equals(submission.fingerprint())) {
            return Optional.of("its job file has changed since it was opened");
        }
        if (!before.model().equals(submission.model())) {
            return Optional.of("it was opened with model %s, and the job now names %s"
                    .formatted(before.model(), submission.model()));
        }
        return Optional.empty();
    }
}
