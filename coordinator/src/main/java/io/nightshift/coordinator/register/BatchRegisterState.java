package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.collection.immutable.VectorMap;
import scala.collection.immutable.VectorMap$;
import scala.jdk.javaapi.CollectionConverters;

/// The state of the batch register: an immutable fold over its events.
///
/// The register holds every batch that was ever submitted, so an event must not copy it, and an ended batch
/// must stay small. The maps are Scala's, which Pekko brings along: a changed map shares almost everything
/// with the one before. An ended batch keeps no job, and batches of one job share equal texts; so it takes a
/// few hundred bytes.
public final class BatchRegisterState {

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
    /// @param batch its ID
    /// @param number its position in the order of submission, from 0
    /// @param at when it was opened
    /// @param run the job's name and the values of its parameters
    /// @param fingerprint of the job file, as in [Submission]
    /// @param input as in [Submission]
    /// @param model as in [Submission]
    /// @param submission that opened it; null after it has ended
    /// @param caller the name of its caller's token, or null; null after it has ended
    /// @param superseded whether a later batch of the job was opened while this one was open
    /// @param end published or cancelled; empty until the batch has ended
    public record Entry(
            BatchId batch,
            int number,
            Instant at,
            RunKey run,
            String fingerprint,
            String input,
            ModelVersion model,
            @Nullable Submission submission,
            @Nullable String caller,
            boolean superseded,
            Optional<Phase> end) {

        /// The name of the batch's job.
        public String job() {
            return run.job();
        }

        boolean isOpen() {
            return end.isEmpty() && !superseded;
        }

        private Entry markSuperseded() {
            return at(number, true);
        }

        private Entry at(int position, boolean isSuperseded) {
            return new Entry(
                    batch, position, at, run, fingerprint, input, model, submission, caller, isSuperseded, end);
        }

        private Entry ended(Phase phase) {
            return new Entry(
                    batch, number, at, run, fingerprint, input, model, null, null, superseded, Optional.of(phase));
        }

        /// Whether the batch scored what the submission asks for.
        boolean isEquivalentTo(Submission other) {
            return fingerprint.equals(other.fingerprint())
                    && input.equals(other.input())
                    && model.equals(other.model());
        }
    }

    /// The batches of one run that decide about its next submission.
    ///
    /// @param open the batch that is open, or null
    /// @param published the batch that was published last, in the order of submission, or null
    private record RunBatches(
            @Nullable BatchId open, @Nullable BatchId published) {}

    /// The batches of all runs of a job that its next run is compared with.
    ///
    /// @param last the batch that was opened last
    /// @param published the batch that was published last, in the order of submission, or null
    /// @param history how fast the last published batches were, the oldest first
    private record JobBatches(BatchId last, @Nullable BatchId published, List<PastRun> history) {}

    /// How many published batches of a job forecasts look back at.
    static final int HISTORY = 12;

    /// The state before the first event.
    public static final BatchRegisterState EMPTY = new BatchRegisterState(
            VectorMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty());

    private final VectorMap<BatchId, Entry> batches;
    private final HashMap<BatchId, Entry> unfinished;
    private final HashMap<RunKey, RunBatches> runs;
    private final HashMap<String, JobBatches> jobs;
    private final HashMap<Key, KeyUse> keys;

    /// How many unfinished batches each caller has.
    private final HashMap<String, Integer> callers;

    private BatchRegisterState(
            VectorMap<BatchId, Entry> batches,
            HashMap<BatchId, Entry> unfinished,
            HashMap<RunKey, RunBatches> runs,
            HashMap<String, JobBatches> jobs,
            HashMap<Key, KeyUse> keys,
            HashMap<String, Integer> callers) {
        this.batches = batches;
        this.unfinished = unfinished;
        this.runs = runs;
        this.jobs = jobs;
        this.keys = keys;
        this.callers = callers;
    }

    /// The state after one more event.
    public BatchRegisterState apply(BatchRegisterEvent event) {
        return switch (event) {
            case BatchRegisterEvent.Opened opened -> opened(opened);
            case BatchRegisterEvent.Keyed(Instant at, BatchId batch, String key, String fingerprint) -> {
                Entry entry = entry(batch);
                yield entry == null
                        ? this
                        : new BatchRegisterState(
                                batches, unfinished, runs, jobs, with(entry.job(), key, entry, fingerprint), callers);
            }
            case BatchRegisterEvent.Ended(Instant at, BatchId batch, Phase phase, PastRun run) ->
                ended(batch, phase, run);
            case BatchRegisterEvent.Reentered lost -> entry(lost.batch()) == null ? reentered(lost) : this;
        };
    }

    /// Inserts a batch at its position in the order of submission. That copies all entries, but is rare.
    private BatchRegisterState reentered(BatchRegisterEvent.Reentered lost) {
        List<Entry> entries = new ArrayList<>(all());
        int position = entries.size();
        while (position > 0 && entries.get(position - 1).at().isAfter(lost.openedAt())) {
            position--;
        }
        Submission submission = lost.submission();
        entries.add(
                position,
                new Entry(
                        lost.batch(),
                        position,
                        lost.openedAt(),
                        RunKey.of(submission.job()),
                        submission.fingerprint(),
                        submission.input(),
                        submission.model(),
                        lost.phase() == null ? submission : null,
                        null,
                        false,
                        Optional.ofNullable(lost.phase())));
        return of(entries, keys).withHistories(jobs);
    }

    /// This state with the histories of another one, which has the same jobs or fewer.
    private BatchRegisterState withHistories(HashMap<String, JobBatches> others) {
        HashMap<String, JobBatches> next = jobs;
        for (Map.Entry<String, JobBatches> other :
                CollectionConverters.asJava(others).entrySet()) {
            JobBatches own = get(jobs, other.getKey());
            if (own != null) {
                next = next.updated(
                        other.getKey(),
                        new JobBatches(
                                own.last(), own.published(), other.getValue().history()));
            }
        }
        return new BatchRegisterState(batches, unfinished, runs, next, keys, callers);
    }

    /// @param entries in the order of submission
    private static BatchRegisterState of(List<Entry> entries, HashMap<Key, KeyUse> keys) {
        Map<RunKey, BatchId> last = new LinkedHashMap<>();
        entries.forEach(entry -> last.put(entry.run(), entry.batch()));
        BatchRegisterState state = EMPTY;
        for (Entry entry : entries) {
            boolean isLast = entry.batch().equals(last.get(entry.run()));
            state = state.with(entry.at(
                    state.batches.size(), entry.superseded() || (entry.end().isEmpty() && !isLast)));
        }
        return new BatchRegisterState(state.batches, state.unfinished, state.runs, state.jobs, keys, state.callers);
    }

    /// The state with one more entry, the last in the order of submission.
    private BatchRegisterState with(Entry entry) {
        RunBatches ofRun = get(runs, entry.run());
        JobBatches ofJob = get(jobs, entry.job());
        boolean isPublished = entry.end().filter(Phase.PUBLISHED::equals).isPresent();
        BatchId publishedOfRun = ofRun == null ? null : ofRun.published();
        BatchId publishedOfJob = ofJob == null ? null : ofJob.published();
        return new BatchRegisterState(
                batches.updated(entry.batch(), entry),
                entry.end().isEmpty() ? unfinished.updated(entry.batch(), entry) : unfinished,
                runs.updated(
                        entry.run(),
                        new RunBatches(
                                entry.isOpen() ? entry.batch() : null, isPublished ? entry.batch() : publishedOfRun)),
                jobs.updated(
                        entry.job(),
                        new JobBatches(
                                entry.batch(), isPublished ? entry.batch() : publishedOfJob, history(entry.job()))),
                keys,
                entry.end().isEmpty() ? counted(entry.caller(), 1) : callers);
    }

    private BatchRegisterState opened(BatchRegisterEvent.Opened opened) {
        Submission submission = opened.submission();
        JobBatches ofJob = get(jobs, submission.job().name());
        Entry entry = entry(opened, ofJob == null ? null : entry(ofJob.last()));
        RunBatches before = get(runs, entry.run());
        BatchRegisterState base = before == null || before.open() == null
                ? this
                : replaced(require(before.open()).markSuperseded());
        return new BatchRegisterState(
                base.batches.updated(entry.batch(), entry),
                base.unfinished.updated(entry.batch(), entry),
                runs.updated(entry.run(), new RunBatches(entry.batch(), before == null ? null : before.published())),
                jobs.updated(
                        entry.job(),
                        new JobBatches(entry.batch(), ofJob == null ? null : ofJob.published(), history(entry.job()))),
                opened.key() == null ? keys : with(entry.job(), opened.key(), entry, entry.fingerprint()),
                counted(opened.caller(), 1));
    }

    /// @param caller null for a batch that is not counted
    private HashMap<String, Integer> counted(@Nullable String caller, int more) {
        if (caller == null) {
            return callers;
        }
        int count = unfinished(caller) + more;
        return count == 0 ? callers.removed(caller) : callers.updated(caller, count);
    }

    /// @param before the job's batch before, whose texts are shared where they are equal; null if there is
    ///     none
    private Entry entry(BatchRegisterEvent.Opened opened, @Nullable Entry before) {
        Submission submission = opened.submission();
        RunKey run = RunKey.of(submission.job());
        return new Entry(
                opened.batch(),
                batches.size(),
                opened.at(),
                before == null ? run : shared(before.run(), new RunKey(before.job(), run.parameters())),
                before == null ? submission.fingerprint() : shared(before.fingerprint(), submission.fingerprint()),
                before == null ? submission.input() : shared(before.input(), submission.input()),
                before == null ? submission.model() : shared(before.model(), submission.model()),
                submission,
                opened.caller(),
                false,
                Optional.empty());
    }

    private static <T> T shared(T before, T now) {
        return before.equals(now) ? before : now;
    }

    private BatchRegisterState ended(BatchId batch, Phase phase, @Nullable PastRun run) {
        Entry entry = entry(batch);
        if (entry == null) {
            return this;
        }
        RunBatches ofRun = get(runs, entry.run());
        BatchId open = ofRun == null || batch.equals(ofRun.open()) ? null : ofRun.open();
        JobBatches ofJob = get(jobs, entry.job());
        return new BatchRegisterState(
                batches.updated(entry.batch(), entry.ended(phase)),
                unfinished.removed(batch),
                runs.updated(
                        entry.run(),
                        new RunBatches(open, published(ofRun == null ? null : ofRun.published(), entry, phase))),
                jobs.updated(
                        entry.job(),
                        new JobBatches(
                                ofJob == null ? batch : ofJob.last(),
                                published(ofJob == null ? null : ofJob.published(), entry, phase),
                                with(history(entry.job()), run))),
                keys,
                counted(entry.caller(), -1));
    }

    private static List<PastRun> with(List<PastRun> history, @Nullable PastRun run) {
        return run == null
                ? history
                : Stream.concat(history.stream().skip(Math.max(0, history.size() - HISTORY + 1)), Stream.of(run))
                        .toList();
    }

    /// How fast the last published batches of a job were, the oldest first.
    public List<PastRun> history(String job) {
        JobBatches ofJob = get(jobs, job);
        return ofJob == null ? List.of() : ofJob.history();
    }

    /// The last published batch, once a batch has ended.
    private @Nullable BatchId published(@Nullable BatchId before, Entry ended, Phase phase) {
        boolean isLast = before == null || require(before).number() < ended.number();
        return phase == Phase.PUBLISHED && isLast ? ended.batch() : before;
    }

    /// The state with another entry for an unfinished batch.
    private BatchRegisterState replaced(Entry entry) {
        return new BatchRegisterState(
                batches.updated(entry.batch(), entry),
                unfinished.updated(entry.batch(), entry),
                runs,
                jobs,
                keys,
                callers);
    }

    private HashMap<Key, KeyUse> with(String job, String key, Entry entry, String fingerprint) {
        Key used = new Key(job, key);
        return keys.contains(used)
                ? keys
                : keys.updated(used, new KeyUse(shared(entry.fingerprint(), fingerprint), entry.batch()));
    }

    private static <K, V> @Nullable V get(scala.collection.immutable.Map<K, V> map, K key) {
        scala.Option<V> found = map.get(key);
        return found.isDefined() ? found.get() : null;
    }

    private @Nullable Entry entry(BatchId batch) {
        return get(batches, batch);
    }

    private Entry require(BatchId batch) {
        return batches.apply(batch);
    }

    /// Every batch by its ID, in the order of submission. Can't be changed.
    public Map<BatchId, Entry> batches() {
        return CollectionConverters.asJava(batches);
    }

    /// Every batch in the order of submission.
    public Collection<Entry> all() {
        return batches().values();
    }

    /// The batch that was opened last; empty if there is none.
    Optional<BatchId> latest() {
        return batches.isEmpty() ? Optional.empty() : Optional.of(batches.last()._1());
    }

    /// The first use of a key; empty if it is new.
    Optional<KeyUse> use(String job, String key) {
        return Optional.ofNullable(get(keys, new Key(job, key)));
    }

    /// The open batch of a run; a run has at most one.
    public Optional<Entry> open(RunKey run) {
        RunBatches ofRun = get(runs, run);
        return ofRun == null || ofRun.open() == null ? Optional.empty() : Optional.of(require(ofRun.open()));
    }

    /// The batch of the run that was published last.
    public Optional<Entry> lastPublished(RunKey run) {
        RunBatches ofRun = get(runs, run);
        return ofRun == null || ofRun.published() == null ? Optional.empty() : Optional.of(require(ofRun.published()));
    }

    /// The last batch of any run of the job, and the last that was published, in this order.
    public List<Entry> lastOfJob(String job) {
        JobBatches ofJob = get(jobs, job);
        return ofJob == null
                ? List.of()
                : Stream.of(ofJob.last(), ofJob.published())
                        .filter(Objects::nonNull)
                        .map(this::require)
                        .distinct()
                        .toList();
    }

    /// Whether the batch has ended, or is unknown.
    boolean hasEnded(BatchId batch) {
        return !unfinished.contains(batch);
    }

    /// The batches that have not ended, superseded ones included, in the order of submission.
    List<Entry> unfinished() {
        return CollectionConverters.asJava(unfinished).values().stream()
                .sorted(Comparator.comparingInt(Entry::number))
                .toList();
    }

    /// How many batches of a caller have not ended, superseded ones included.
    int unfinished(String caller) {
        Integer count = get(callers, caller);
        return count == null ? 0 : count;
    }

    /// Why a submission can't resume an open batch, as the end of a sentence; empty if it can.
    static Optional<String> conflict(Entry open, Submission submission) {
        if (!open.fingerprint().equals(submission.fingerprint())) {
            return Optional.of("its job file has changed since it was opened");
        }
        if (!open.model().equals(submission.model())) {
            return Optional.of("it was opened with model %s, and the job now names %s"
                    .formatted(open.model(), submission.model()));
        }
        return Optional.empty();
    }
}
