package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.job.TimeRanges;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.register.ReadTimes;
import io.nightshift.protocol.register.RegisteredBatch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.collection.immutable.VectorMap;
import scala.collection.immutable.VectorMap$;
import scala.jdk.javaapi.CollectionConverters;

/// The state of the batch register: an immutable fold over its events.
///
/// The state grows by job, not by batch. It holds the batches that have not ended, the last batches that have,
/// and a few facts about each job. All other ended batches are in the [BatchArchive], and so are all but the last
/// idempotency keys.
///
/// An event must not copy the state. The maps are Scala's, which Pekko brings along: a changed map shares almost
/// everything with the one before. An ended batch keeps no job, and batches of one job share equal texts; so it
/// takes a few hundred bytes.
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
    /// @param number its position in the order of submission. A batch that was entered again shares the number of
    ///     the batch before it, and comes after it
    /// @param at when it was opened
    /// @param run the job's name and the values of its parameters
    /// @param fingerprint of the job file, as in [Submission]
    /// @param input as in the [Submission] that opened it; after its end, of what it has scored
    /// @param model as in [Submission]
    /// @param submission that opened it, or a later one by which it is extended; null after it has ended
    /// @param caller the name of its caller's token, or null; null after it has ended
    /// @param superseded whether a later batch of the job was opened while this one was open
    /// @param end published or cancelled; empty until the batch has ended
    public record Entry(
            BatchId batch,
            long number,
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

        /// Whether the batch was published.
        public boolean isPublished() {
            return end.filter(Phase.PUBLISHED::equals).isPresent();
        }

        /// Whether the batch was scored by a version, or may be: an open batch may try it. The candidate of a
        /// shadow only scores in addition.
        public boolean uses(ModelVersion version) {
            return model.equals(version)
                    || (submission != null
                            && version.equals(submission.candidate())
                            && isCanary(submission.job().rollout()));
        }

        private static boolean isCanary(@Nullable Rollout rollout) {
            return rollout != null && rollout.isCanary();
        }

        boolean isOpen() {
            return end.isEmpty() && !superseded;
        }

        private Entry markSuperseded() {
            return new Entry(batch, number, at, run, fingerprint, input, model, submission, caller, true, end);
        }

        private Entry resubmitted(Submission later) {
            return new Entry(batch, number, at, run, fingerprint, input, model, later, caller, superseded, end);
        }

        /// @param scored the input that the batch has scored; null if it is that of the submission
        /// @param by the model version that scored the batch; null for the version of the submission
        private Entry ended(Phase phase, @Nullable String scored, @Nullable ModelVersion by) {
            return new Entry(
                    batch,
                    number,
                    at,
                    run,
                    fingerprint,
                    scored == null ? input : scored,
                    by == null ? model : by,
                    null,
                    null,
                    superseded,
                    Optional.of(phase));
        }

        /// The entry as it is stored.
        public RegisteredBatch stored() {
            return new RegisteredBatch(
                    batch,
                    number,
                    at,
                    run,
                    fingerprint,
                    input,
                    model,
                    submission,
                    caller,
                    superseded,
                    end.orElse(null));
        }

        /// An entry that was stored.
        public static Entry of(RegisteredBatch stored) {
            return new Entry(
                    stored.batch(),
                    stored.number(),
                    stored.at(),
                    stored.run(),
                    stored.fingerprint(),
                    stored.input(),
                    stored.model(),
                    stored.submission(),
                    stored.caller(),
                    stored.superseded(),
                    Optional.ofNullable(stored.end()));
        }

        /// Whether the batch scored what the submission asks for.
        boolean isEquivalentTo(Submission other) {
            return fingerprint.equals(other.fingerprint()) && input.equals(other.input()) && isModelOf(other);
        }

        /// Whether the batch is scored by the version that the submission names. A candidate that was
        /// promoted is the model of the next submission; one that is not to be promoted is tried again.
        private boolean isModelOf(Submission other) {
            Rollout rollout = other.job().rollout();
            boolean isKept = rollout != null && rollout.isCanary() && rollout.onPass() == Rollout.OnPass.KEEP;
            return uses(other.model()) || (isKept && model.equals(other.candidate()));
        }
    }

    /// The batches of one run that decide about its next submission.
    ///
    /// @param open the batch that is open, or null
    /// @param published the batch that was published last, in the order of submission, or null. The archive may
    ///     have it instead
    private record RunBatches(
            @Nullable BatchId open, @Nullable BatchId published) {}

    /// A summary of all batches of a job, including archived ones.
    ///
    /// @param batches how many were submitted
    /// @param last the batch that was submitted last: the one with the greatest ID
    /// @param lastNumber the number of that batch
    /// @param lastAt when that batch was opened
    /// @param published the batch that was published last, in the order of submission, or null
    /// @param publishedNumber the number of that batch
    /// @param history how fast the last published batches were, the oldest first
    public record JobBatches(
            long batches,
            BatchId last,
            long lastNumber,
            Instant lastAt,
            @Nullable BatchId published,
            long publishedNumber,
            List<PastRun> history) {

        private static JobBatches with(@Nullable JobBatches before, Entry entry) {
            boolean isLast = before == null || before.last.compareTo(entry.batch()) < 0;
            JobBatches next = before == null
                    ? new JobBatches(1, entry.batch(), entry.number(), entry.at(), null, 0, List.of())
                    : new JobBatches(
                            before.batches + 1,
                            isLast ? entry.batch() : before.last,
                            Math.max(entry.number(), before.lastNumber),
                            isLast ? entry.at() : before.lastAt,
                            before.published,
                            before.publishedNumber,
                            before.history);
            return entry.isPublished() ? next.published(entry, null) : next;
        }

        private JobBatches published(Entry entry, @Nullable PastRun run) {
            boolean isLast = published == null || publishedNumber <= entry.number();
            return new JobBatches(
                    batches,
                    last,
                    lastNumber,
                    lastAt,
                    isLast ? entry.batch() : published,
                    isLast ? entry.number() : publishedNumber,
                    BatchRegisterState.with(history, run));
        }
    }

    /// The position of the register.
    ///
    /// @param next the number of the next batch
    /// @param latest the batch that was submitted last, or null
    /// @param archives how often batches or keys have left for the archive
    /// @param searched as in [BatchRegisterEvent.Archived]
    /// @param archivedTo no batch of the archive has a higher number; -1 while the archive is empty
    private record Position(long next, @Nullable BatchId latest, long archives, long searched, long archivedTo) {

        private Position opened(BatchId batch) {
            return new Position(next + 1, batch, archives, searched, archivedTo);
        }
    }

    /// Batches and keys that leave the register for the archive.
    ///
    /// @param batches that have ended, the oldest first
    /// @param keys the oldest keys
    public record Archivable(List<Entry> batches, Map<Key, KeyUse> keys) {
        public boolean isEmpty() {
            return batches.isEmpty() && keys.isEmpty();
        }

        /// The event that they have left.
        ///
        /// @param searched as in [BatchRegisterEvent.Archived]
        public BatchRegisterEvent.Archived event(Instant at, long searched) {
            BatchId last = batches.isEmpty()
                    ? List.copyOf(keys.values()).getLast().batch()
                    : batches.getLast().batch();
            return new BatchRegisterEvent.Archived(
                    at,
                    last,
                    batches.stream().map(Entry::batch).toList(),
                    keys.keySet().stream()
                            .map(key -> new BatchRegisterEvent.SubmissionKey(key.job(), key.key()))
                            .toList(),
                    searched);
        }
    }

    /// The most batches that leave for the archive together.
    private static final int MOST_ARCHIVED = 250;

    /// How many published batches of a job forecasts look back at.
    static final int HISTORY = 12;

    /// The state before the first event.
    public static final BatchRegisterState EMPTY = new BatchRegisterState(
            VectorMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            VectorMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            HashMap$.MODULE$.empty(),
            new Position(0, null, 0, 0, -1));

    private final VectorMap<BatchId, Entry> batches;
    private final HashMap<BatchId, Entry> unfinished;
    private final HashMap<RunKey, RunBatches> runs;
    private final HashMap<String, JobBatches> jobs;

    /// In the order of their first use.
    private final VectorMap<Key, KeyUse> keys;

    /// How many unfinished batches each caller has.
    private final HashMap<String, Integer> callers;

    /// The times that published batches have read of each source of an incremental job.
    private final HashMap<String, TimeRanges> read;

    private final Position position;

    private BatchRegisterState(
            VectorMap<BatchId, Entry> batches,
            HashMap<BatchId, Entry> unfinished,
            HashMap<RunKey, RunBatches> runs,
            HashMap<String, JobBatches> jobs,
            VectorMap<Key, KeyUse> keys,
            HashMap<String, Integer> callers,
            HashMap<String, TimeRanges> read,
            Position position) {
        this.batches = batches;
        this.unfinished = unfinished;
        this.runs = runs;
        this.jobs = jobs;
        this.keys = keys;
        this.callers = callers;
        this.read = read;
        this.position = position;
    }

    /// The state that a snapshot holds.
    public static BatchRegisterState of(BatchRegisterSnapshot snapshot) {
        VectorMap<BatchId, Entry> batches = VectorMap$.MODULE$.empty();
        HashMap<BatchId, Entry> unfinished = HashMap$.MODULE$.empty();
        HashMap<RunKey, RunBatches> runs = HashMap$.MODULE$.empty();
        HashMap<String, Integer> callers = HashMap$.MODULE$.empty();
        for (RegisteredBatch stored : snapshot.batches()) {
            Entry entry = Entry.of(stored);
            batches = batches.updated(entry.batch(), entry);
            if (entry.end().isEmpty()) {
                unfinished = unfinished.updated(entry.batch(), entry);
                callers = counted(callers, entry.caller(), 1);
            }
            runs = with(runs, batches, entry);
        }
        HashMap<String, JobBatches> jobs = HashMap$.MODULE$.empty();
        for (BatchRegisterSnapshot.JobBatches job : snapshot.jobs()) {
            jobs = jobs.updated(
                    job.job(),
                    new JobBatches(
                            job.batches(),
                            job.last(),
                            job.lastNumber(),
                            job.lastAt(),
                            job.published(),
                            job.publishedNumber(),
                            job.history()));
        }
        VectorMap<Key, KeyUse> keys = VectorMap$.MODULE$.empty();
        for (BatchRegisterSnapshot.KeyUse use : snapshot.keys()) {
            keys = keys.updated(new Key(use.job(), use.key()), new KeyUse(use.fingerprint(), use.batch()));
        }
        Position position = new Position(
                snapshot.next(), snapshot.latest(), snapshot.archives(), snapshot.searched(), snapshot.archivedTo());
        HashMap<String, TimeRanges> read = HashMap$.MODULE$.empty();
        for (ReadTimes times : snapshot.readTimes()) {
            read = read.updated(times.source(), TimeRanges.of(times.ranges()));
        }
        return new BatchRegisterState(batches, unfinished, runs, jobs, keys, callers, read, position);
    }

    /// The state as a snapshot.
    public BatchRegisterSnapshot snapshot() {
        List<BatchRegisterSnapshot.JobBatches> ofJobs = new ArrayList<>();
        jobs().forEach((name, job) -> ofJobs.add(new BatchRegisterSnapshot.JobBatches(
                name,
                job.batches(),
                job.last(),
                job.lastNumber(),
                job.lastAt(),
                job.published(),
                job.publishedNumber(),
                job.history())));
        ofJobs.sort(Comparator.comparing(BatchRegisterSnapshot.JobBatches::job));
        List<BatchRegisterSnapshot.KeyUse> uses = new ArrayList<>();
        CollectionConverters.asJava(keys)
                .forEach((key, use) -> uses.add(
                        new BatchRegisterSnapshot.KeyUse(key.job(), key.key(), use.fingerprint(), use.batch())));
        List<ReadTimes> times = new ArrayList<>();
        CollectionConverters.asJava(read)
                .forEach((source, ranges) -> times.add(new ReadTimes(source, ranges.ranges())));
        times.sort(Comparator.comparing(ReadTimes::source));
        return new BatchRegisterSnapshot(
                all().stream().map(Entry::stored).toList(),
                ofJobs,
                uses,
                position.next(),
                position.latest(),
                position.archives(),
                position.searched(),
                position.archivedTo(),
                times);
    }

    /// The state after one more event.
    public BatchRegisterState apply(BatchRegisterEvent event) {
        return switch (event) {
            case BatchRegisterEvent.Opened opened -> opened(opened);
            case BatchRegisterEvent.Keyed keyed -> keyed(keyed);
            case BatchRegisterEvent.Resubmitted(Instant at, BatchId batch, Submission submission) -> {
                Entry entry = entry(batch);
                yield entry == null || entry.end().isPresent() ? this : replaced(entry.resubmitted(submission));
            }
            case BatchRegisterEvent.Ended ended -> ended(ended);
            case BatchRegisterEvent.Reentered lost -> entry(lost.batch()) == null ? reentered(lost) : this;
            case BatchRegisterEvent.Archived archived -> archived(archived);
        };
    }

    private BatchRegisterState keyed(BatchRegisterEvent.Keyed keyed) {
        Entry entry = entry(keyed.batch());
        String job = entry == null ? keyed.job() : entry.job();
        return job == null
                ? this
                : new BatchRegisterState(
                        batches,
                        unfinished,
                        runs,
                        jobs,
                        with(job, keyed.key(), keyed.batch(), keyed.fingerprint()),
                        callers,
                        read,
                        position);
    }

    /// Inserts a batch at its place in the order of submission. That copies all entries, but is rare.
    private BatchRegisterState reentered(BatchRegisterEvent.Reentered lost) {
        List<Entry> entries = new ArrayList<>(all());
        int place = place(entries, lost);
        boolean isLast = place == entries.size();
        long number = isLast
                ? position.next()
                : place == 0
                        ? entries.getFirst().number() - 1
                        : entries.get(place - 1).number();
        Submission submission = lost.submission();
        RunKey run = RunKey.of(submission.job());
        boolean isUnfinished = lost.phase() == null;
        boolean hasLater = lost.superseded()
                || entries.subList(place, entries.size()).stream()
                        .anyMatch(entry -> entry.run().equals(run));
        Entry entry = new Entry(
                lost.batch(),
                number,
                lost.openedAt(),
                run,
                submission.fingerprint(),
                submission.input(),
                submission.model(),
                isUnfinished ? submission : null,
                null,
                isUnfinished && hasLater,
                Optional.ofNullable(lost.phase()));
        entries.add(place, entry);
        HashMap<BatchId, Entry> open = isUnfinished ? unfinished.updated(entry.batch(), entry) : unfinished;
        RunBatches ofRun = get(runs, run);
        if (entry.isOpen() && ofRun != null && ofRun.open() != null) {
            Entry before = require(ofRun.open()).markSuperseded();
            entries.replaceAll(old -> old.batch().equals(before.batch()) ? before : old);
            open = open.updated(before.batch(), before);
        }
        VectorMap<BatchId, Entry> all = map(entries);
        return new BatchRegisterState(
                all,
                open,
                with(runs, all, entry),
                jobs.updated(entry.job(), JobBatches.with(get(jobs, entry.job()), entry)),
                keys,
                callers,
                lost.phase() == Phase.PUBLISHED ? with(read, ReadTimes.of(submission.pinned())) : read,
                isLast ? position.opened(entry.batch()) : position);
    }

    private static VectorMap<BatchId, Entry> map(Collection<Entry> entries) {
        VectorMap<BatchId, Entry> map = VectorMap$.MODULE$.empty();
        for (Entry entry : entries) {
            map = map.updated(entry.batch(), entry);
        }
        return map;
    }

    /// The runs with one more entry.
    ///
    /// @param batches all entries, with this one
    private static HashMap<RunKey, RunBatches> with(
            HashMap<RunKey, RunBatches> runs, VectorMap<BatchId, Entry> batches, Entry entry) {
        RunBatches before = get(runs, entry.run());
        BatchId open = before == null ? null : before.open();
        BatchId published = before == null ? null : before.published();
        boolean isLastPublished = entry.isPublished()
                && (published == null || batches.apply(published).number() <= entry.number());
        return with(
                runs,
                entry.run(),
                new RunBatches(entry.isOpen() ? entry.batch() : open, isLastPublished ? entry.batch() : published));
    }

    /// A run without an open and a published batch needs no entry.
    private static HashMap<RunKey, RunBatches> with(HashMap<RunKey, RunBatches> runs, RunKey run, RunBatches ofRun) {
        return ofRun.open() == null && ofRun.published() == null ? runs.removed(run) : runs.updated(run, ofRun);
    }

    /// The place of a lost batch in the order of submission. The IDs of a job's batches have this order, also where
    /// a clock was set back.
    private static int place(List<Entry> entries, BatchRegisterEvent.Reentered lost) {
        int place = entries.size();
        while (place > 0 && entries.get(place - 1).at().isAfter(lost.openedAt())) {
            place--;
        }
        String job = lost.submission().job().name();
        for (int other = 0; other < entries.size(); other++) {
            Entry entry = entries.get(other);
            if (entry.job().equals(job)) {
                boolean isBefore = entry.batch().compareTo(lost.batch()) < 0;
                place = isBefore ? Math.max(place, other + 1) : Math.min(place, other);
            }
        }
        return place;
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
                jobs.updated(entry.job(), JobBatches.with(ofJob, entry)),
                opened.key() == null ? keys : with(entry.job(), opened.key(), entry.batch(), entry.fingerprint()),
                counted(callers, opened.caller(), 1),
                read,
                position.opened(entry.batch()));
    }

    /// @param caller null for a batch that is not counted
    private static HashMap<String, Integer> counted(
            HashMap<String, Integer> callers, @Nullable String caller, int more) {
        if (caller == null) {
            return callers;
        }
        Integer before = get(callers, caller);
        int count = (before == null ? 0 : before) + more;
        return count == 0 ? callers.removed(caller) : callers.updated(caller, count);
    }

    /// @param before the job's batch before, whose texts are shared where they are equal; null if there is
    ///     none, or if it is in the archive
    private Entry entry(BatchRegisterEvent.Opened opened, @Nullable Entry before) {
        Submission submission = opened.submission();
        RunKey run = RunKey.of(submission.job());
        return new Entry(
                opened.batch(),
                position.next(),
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

    private BatchRegisterState ended(BatchRegisterEvent.Ended ended) {
        BatchId batch = ended.batch();
        Entry before = entry(batch);
        if (before == null) {
            // The event that opened it was lost. What it has read still counts.
            return new BatchRegisterState(
                    batches, unfinished, runs, jobs, keys, callers, with(read, ended.read()), position);
        }
        Entry entry = before.ended(ended.phase(), ended.input(), ended.model());
        VectorMap<BatchId, Entry> all = batches.updated(batch, entry);
        RunBatches ofRun = get(runs, entry.run());
        HashMap<RunKey, RunBatches> closed = ofRun != null && batch.equals(ofRun.open())
                ? with(runs, entry.run(), new RunBatches(null, ofRun.published()))
                : runs;
        JobBatches ofJob = jobs.apply(entry.job());
        return new BatchRegisterState(
                all,
                unfinished.removed(batch),
                with(closed, all, entry),
                jobs.updated(entry.job(), entry.isPublished() ? ofJob.published(entry, ended.run()) : ofJob),
                keys,
                before.end().isPresent() ? callers : counted(callers, before.caller(), -1),
                with(read, ended.read()),
                position);
    }

    /// @param more what another published batch has read; null for a batch whose job is not incremental
    private static HashMap<String, TimeRanges> with(HashMap<String, TimeRanges> read, @Nullable ReadTimes more) {
        if (more == null) {
            return read;
        }
        TimeRanges before = get(read, more.source());
        return read.updated(more.source(), (before == null ? TimeRanges.NONE : before).plus(more.ranges()));
    }

    /// The times that published batches have read of each source of an incremental job, by
    /// [NewTimes.Pinned#source()]. Can't be changed.
    public Map<String, TimeRanges> read() {
        return CollectionConverters.asJava(read);
    }

    /// The times of a source that published batches have read, or that batches will have read that can still be
    /// published. It makes no difference whether the register knows already that such a batch is published.
    ///
    /// @param source as [NewTimes.Pinned#source()]
    /// @param except a batch that can't be published any more; null if there is none
    TimeRanges taken(String source, @Nullable BatchId except) {
        TimeRanges taken = get(read, source);
        List<TimeRange> open = unfinished().stream()
                .filter(entry -> !entry.batch().equals(except))
                .map(entry -> Objects.requireNonNull(entry.submission()).pinned())
                .filter(pinned -> pinned != null && pinned.source().equals(source))
                .flatMap(pinned -> Objects.requireNonNull(pinned).ranges().stream())
                .toList();
        return (taken == null ? TimeRanges.NONE : taken).plus(open);
    }

    private static List<PastRun> with(List<PastRun> history, @Nullable PastRun run) {
        return run == null
                ? history
                : Stream.concat(history.stream().skip(Math.max(0, history.size() - HISTORY + 1)), Stream.of(run))
                        .toList();
    }

    /// Open batches never leave.
    private BatchRegisterState archived(BatchRegisterEvent.Archived archived) {
        Set<BatchId> gone = new HashSet<>(archived.batches());
        gone.removeIf(this::isUnfinished);
        HashMap<RunKey, RunBatches> left = runs;
        long archivedTo = position.archivedTo();
        for (BatchId batch : gone) {
            Entry entry = entry(batch);
            archivedTo = entry == null ? archivedTo : Math.max(archivedTo, entry.number());
            RunBatches ofRun = entry == null ? null : get(left, entry.run());
            if (entry != null && ofRun != null && batch.equals(ofRun.published())) {
                left = with(left, entry.run(), new RunBatches(ofRun.open(), null));
            }
        }
        Set<Key> goneKeys = new HashSet<>();
        archived.keys().forEach(key -> goneKeys.add(new Key(key.job(), key.key())));
        // A map from which single entries are removed keeps their places.
        VectorMap<Key, KeyUse> keptKeys = VectorMap$.MODULE$.empty();
        for (Map.Entry<Key, KeyUse> use : CollectionConverters.asJava(keys).entrySet()) {
            if (!goneKeys.contains(use.getKey())) {
                keptKeys = keptKeys.updated(use.getKey(), use.getValue());
            }
        }
        return new BatchRegisterState(
                map(all().stream()
                        .filter(entry -> !gone.contains(entry.batch()))
                        .toList()),
                unfinished,
                left,
                jobs,
                keptKeys,
                callers,
                read,
                new Position(
                        position.next(),
                        position.latest(),
                        position.archives() + 1,
                        Math.max(position.searched(), archived.searched()),
                        archivedTo));
    }

    /// The content that leaves the register now: the oldest ended batches and keys, in portions.
    ///
    /// @param keep how many ended batches, and how many keys, stay
    public Archivable archivable(int keep) {
        return archivable(keep, Math.clamp(keep / 4, 1, MOST_ARCHIVED));
    }

    /// The ended batches and the keys that are more than the register keeps, if they are enough to be worth an
    /// event.
    ///
    /// @param keep how many ended batches, and how many keys, stay
    /// @param atOnce how many leave at a time, at least 1
    Archivable archivable(int keep, int atOnce) {
        int ended = batches.size() - unfinished.size();
        List<Entry> oldest = ended - keep < atOnce
                ? List.of()
                : all().stream()
                        .filter(entry -> entry.end().isPresent())
                        .limit(atOnce)
                        .toList();
        Map<Key, KeyUse> oldestKeys = new LinkedHashMap<>();
        if (keys.size() - keep >= atOnce) {
            CollectionConverters.asJava(keys).entrySet().stream()
                    .limit(atOnce)
                    .forEach(use -> oldestKeys.put(use.getKey(), use.getValue()));
        }
        return new Archivable(oldest, oldestKeys);
    }

    /// The content that leaves the register with an event that is applied next.
    public Archivable archivable(BatchRegisterEvent.Archived archived) {
        Map<Key, KeyUse> left = new LinkedHashMap<>();
        for (BatchRegisterEvent.SubmissionKey key : archived.keys()) {
            use(key.job(), key.key()).ifPresent(use -> left.put(new Key(key.job(), key.key()), use));
        }
        return new Archivable(
                archived.batches().stream()
                        .map(this::entry)
                        .filter(Objects::nonNull)
                        .filter(entry -> entry.end().isPresent())
                        .toList(),
                left);
    }

    /// How often batches or keys have left for the archive. While it is 0, the archive is empty.
    public long archives() {
        return position.archives();
    }

    /// No batch of the archive has a higher number. It is -1 while the archive is empty.
    public long archivedTo() {
        return position.archivedTo();
    }

    /// The position in the journal up to which every batch is known to the register.
    public long searched() {
        return position.searched();
    }

    /// How many batches were ever submitted.
    public long submitted() {
        long all = 0;
        for (JobBatches job : jobs().values()) {
            all += job.batches();
        }
        return all;
    }

    /// All jobs that have had a batch, by their names. Can't be changed.
    public Map<String, JobBatches> jobs() {
        return CollectionConverters.asJava(jobs);
    }

    /// How fast the last published batches of a job were, the oldest first.
    public List<PastRun> history(String job) {
        JobBatches ofJob = get(jobs, job);
        return ofJob == null ? List.of() : ofJob.history();
    }

    /// The state with another entry for an unfinished batch.
    private BatchRegisterState replaced(Entry entry) {
        return new BatchRegisterState(
                batches.updated(entry.batch(), entry),
                unfinished.updated(entry.batch(), entry),
                runs,
                jobs,
                keys,
                callers,
                read,
                position);
    }

    private VectorMap<Key, KeyUse> with(String job, String key, BatchId batch, String fingerprint) {
        Key used = new Key(job, key);
        Entry entry = entry(batch);
        String text = entry == null ? fingerprint : shared(entry.fingerprint(), fingerprint);
        return keys.contains(used) ? keys : keys.updated(used, new KeyUse(text, batch));
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

    /// The batches that the register keeps, by their IDs, in the order of submission. Can't be changed.
    public Map<BatchId, Entry> batches() {
        return CollectionConverters.asJava(batches);
    }

    /// The batches that the register keeps, in the order of submission.
    public Collection<Entry> all() {
        return batches().values();
    }

    /// The batch that was opened last; empty if there is none. The archive may have it.
    public Optional<BatchId> latest() {
        return Optional.ofNullable(position.latest());
    }

    /// The first use of a key that the register keeps; otherwise empty.
    Optional<KeyUse> use(String job, String key) {
        return Optional.ofNullable(get(keys, new Key(job, key)));
    }

    /// The open batch of a run; a run has at most one.
    public Optional<Entry> open(RunKey run) {
        RunBatches ofRun = get(runs, run);
        return ofRun == null || ofRun.open() == null ? Optional.empty() : Optional.of(require(ofRun.open()));
    }

    /// The batch of the run that was published last, among those that the register keeps.
    public Optional<Entry> lastPublished(RunKey run) {
        RunBatches ofRun = get(runs, run);
        return ofRun == null || ofRun.published() == null ? Optional.empty() : Optional.of(require(ofRun.published()));
    }

    /// The last batch of any run of the job, and the last that was published, in this order.
    public List<BatchId> lastOfJob(String job) {
        JobBatches ofJob = get(jobs, job);
        return ofJob == null
                ? List.of()
                : Stream.of(ofJob.last(), ofJob.published())
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList();
    }

    private boolean isUnfinished(BatchId batch) {
        return unfinished.contains(batch);
    }

    /// Whether the batch has ended, or is unknown.
    boolean hasEnded(BatchId batch) {
        return !isUnfinished(batch);
    }

    /// The batches that have not ended, superseded ones included, in the order of submission.
    List<Entry> unfinished() {
        return CollectionConverters.asJava(unfinished).values().stream()
                .sorted(Comparator.comparingLong(Entry::number))
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
        if (!open.isModelOf(submission)) {
            return Optional.of("it was opened with model %s, and the job now names %s"
                    .formatted(open.model(), submission.model()));
        }
        return Optional.empty();
    }
}
