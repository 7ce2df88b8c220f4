package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.destination.PartitionWriter;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.destination.ScoredRows;
import io.nightshift.storage.destination.ValueLimits;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.KeptConnection;
import io.nightshift.storage.duckdb.SqlStatement;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.source.BoundJob.Feature;
import io.nightshift.storage.source.Categories.Unseen;
import io.nightshift.storage.source.HeldSlices;
import io.nightshift.storage.source.SourcePins;
import io.nightshift.storage.source.SourceReader;
import io.nightshift.storage.source.SourceReader.BoundSlices;
import io.nightshift.storage.source.SourceReaders;
import io.nightshift.worker.partition.StepTimes.Step;
import io.nightshift.worker.scoring.CheckCounter;
import io.nightshift.worker.scoring.ComparingScorer;
import io.nightshift.worker.scoring.ModelComparator;
import io.nightshift.worker.scoring.ModelFailure;
import io.nightshift.worker.scoring.ScoringSession;
import io.nightshift.worker.scoring.ShadowScorer;
import io.nightshift.worker.scoring.TopClasses;
import io.nightshift.worker.scoring.UnseenCounter;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.duckdb.DuckDBConnection;
import org.duckdb.ProfilerPrintFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One attempt at one partition: reads its rows, scores them, writes the output to where no reader sees it
/// yet, and reports what became of every row. Blocking; [#run] is called once, on a scoring thread; the other
/// public methods may be called from any thread, and do not block.
///
/// After a crash nothing reads what the attempt has written unless the batch has committed it: see
/// [PartitionWriter].
public final class PartitionAttempt {

    /// The result of an attempt.
    ///
    /// @param reasons why the first quarantined rows are quarantined
    public record Result(PartitionCommit commit, List<String> reasons) {}

    private static final Logger LOG = LoggerFactory.getLogger(PartitionAttempt.class);
    private static final int REASONS = 3;

    private final DuckDb duckDb;
    private final SourceReader source;
    private final Lease lease;
    private final Model model;
    private @Nullable Model other;
    /// Whether the other model's failure is none of the attempt.
    private boolean isShadowed;
    /// How many rows are reported that a shadow scores most differently.
    private int mostDifferences;
    /// Why the candidate of a shadow scores nothing.
    private @Nullable String shadowProblem;
    private final String node;
    private final PartitionWriter output;
    private final ValueLimits limits;
    private final AtomicLong firstScored;
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong progress = new AtomicLong();
    private final FetchControl fetching = new FetchControl() {
        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public void progressed() {
            progress.incrementAndGet();
        }
    };
    private volatile boolean isSealing;
    private volatile boolean cancelled;
    private volatile @Nullable Statement running;
    private volatile @Nullable HeldSlices held;
    private @Nullable StepTimes steps;
    /// When the current step began.
    private long step;
    private long scoring;
    private @Nullable UnseenCounter unseen;
    /// The scoring session of the last query.
    private @Nullable ScoringSession session;
    private @Nullable CheckCounter checks;
    private @Nullable ComparingScorer comparator;
    private @Nullable UseMeter meter;
    private @Nullable ReadSamples samples;
    private @Nullable QuarantineSelection selection;
    /// Whether all rows were read and scored.
    private boolean isScored;
    /// Whether it has succeeded without a quarantined row.
    private boolean isUsual;
    /// The bytes that the last query has read; -1 if it was not profiled, or its profile does not say it.
    private long read = -1;
    /// The time in which the destination took rows that the meter knows, in nanoseconds.
    private long taken;

    /// @param sources of the lease's kind of source
    /// @param output of the attempt, which closes it
    /// @param limits the values that the destination can't hold
    /// @param firstScored set, if it is 0, to the milliseconds since 1970 when a row is first scored
    public PartitionAttempt(
            DuckDb duckDb,
            SourceReaders sources,
            Lease lease,
            Model model,
            String node,
            PartitionWriter output,
            ValueLimits limits,
            AtomicLong firstScored) {
        this.duckDb = duckDb;
        this.source = sources.of(lease.job());
        this.lease = lease;
        this.model = model;
        this.node = node;
        this.output = output;
        this.limits = limits;
        this.firstScored = firstScored;
    }

    /// Makes the attempt report where its time went, after it has succeeded.
    public PartitionAttempt timedBy(StepTimes times) {
        steps = times;
        return this;
    }

    /// Makes the attempt find out how many bytes it reads.
    public PartitionAttempt sampledBy(ReadSamples reads) {
        samples = reads;
        return this;
    }

    /// Makes the attempt score only rows that were quarantined before.
    public PartitionAttempt selecting(QuarantineSelection quarantined) {
        selection = quarantined;
        return this;
    }

    /// Makes the attempt score its rows with another model, too, and report how the predictions differ. They
    /// are not written.
    ///
    /// @param compared with the same features, task and classes
    public PartitionAttempt comparing(Model compared) {
        other = compared;
        return this;
    }

    /// As [#comparing], but if the candidate fails, the attempt continues without it, and its commit says so.
    ///
    /// @param candidate compared with the same features, task and classes
    /// @param differences how many rows are reported that both score most differently, 0 or more
    public PartitionAttempt shadowedBy(Model candidate, int differences) {
        other = candidate;
        isShadowed = true;
        mostDifferences = differences;
        return this;
    }

    /// Makes the attempt report that a candidate can't score its rows.
    ///
    /// @param problem why
    public PartitionAttempt withoutShadow(String problem) {
        shadowProblem = problem;
        return this;
    }

    /// The number of rows scored so far.
    public long rows() {
        return rows.get();
    }

    /// A number that changes with each progress: a block of rows, a statement, a file that was compared. A
    /// database's call, which ends by a time limit of its own, counts as progress.
    public long progress() {
        HeldSlices slices = held;
        boolean hasTimeLimit = output.hasTimeLimit() || (slices != null && slices.hasTimeLimit());
        return hasTimeLimit ? progress.incrementAndGet() : progress.get();
    }

    /// The file or folder that the attempt uses at the moment. It reads its input and writes its output in
    /// the same statement, so this is the first file of the input until the output is sealed.
    public String place() {
        return isSealing ? lease.staging() : lease.slices().getFirst().file().path();
    }

    /// The attempt and what it does at the moment, to begin a message.
    public String doing() {
        if (isSealing) {
            return "%s, writing to %s".formatted(lease.attempt(), lease.staging());
        }
        List<String> files =
                lease.slices().stream().map(slice -> slice.file().path()).toList();
        String more = files.size() > 1 ? " and %d more".formatted(files.size() - 1) : "";
        return "%s, scoring rows of %s%s".formatted(lease.attempt(), files.getFirst(), more);
    }

    /// Makes [#run] end soon, with a failure. Does nothing if it has ended.
    ///
    /// @return the thread that interrupts what the attempt waits for
    public Thread cancel() {
        cancelled = true;
        return Thread.ofVirtual().name("cancel-" + lease.attempt()).start(this::interrupt);
    }

    /// Waits for DuckDB while it opens a file, which may hang.
    private void interrupt() {
        output.cancel();
        HeldSlices slices = held;
        if (slices != null) {
            slices.cancel();
        }
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                LOG.debug("{} ended while it was cancelled", lease.attempt(), e);
            }
        }
    }

    /// @throws FailureException if the partition could not be scored; nothing is left of it then
    public Result run() {
        return run(UseMeter.begin());
    }

    /// As [#run()], measured by a meter that the caller has begun on this thread, and ends.
    ///
    /// @throws FailureException if the partition could not be scored; nothing is left of it then
    public Result run(UseMeter use) {
        meter = use;
        KeptConnection kept = null;
        try (this.output) {
            step = System.nanoTime();
            kept = duckDb.take();
            source.requireReadable(lease.slices());
            checkPins(source.pins()::quickDifferences);
            Result result = score(kept);
            isScored = true;
            checkPins(source.pins()::differencesAfterReading);
            refuseIfCancelled();
            sealing(() -> {
                output.keep();
                return true;
            });
            ended(Step.SEAL);
            return result;
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                refuseIfReplaced();
            }
            throw e;
        } catch (SQLException e) {
            refuseIfCancelled();
            checkPins(source.pins()::differences);
            throw new FailureException(DuckDbError.failure(doing(), e), e);
        } catch (IOException e) {
            throw new FailureException(
                    Failure.of(FailedResource.Type.STORAGE, lease.staging(), doing() + ": " + e.getMessage()), e);
        } finally {
            release(kept);
        }
    }

    /// Only the connection of an attempt that was as usual is kept. [#interrupt] cancels a statement after
    /// [#cancelled] was set, so it can't meet the statement of another attempt.
    private void release(@Nullable KeptConnection connection) {
        if (connection == null) {
            return;
        }
        if (isUsual && !cancelled) {
            duckDb.giveBack(connection);
            return;
        }
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.warn("{}: its connection can't be closed", lease.attempt(), e);
        }
    }

    private Result score(KeptConnection connection) throws SQLException, IOException {
        try (HeldSlices slices = source.hold(lease.slices(), fetching)) {
            held = slices;
            try {
                return score(connection, slices);
            } catch (SQLException | FailureException e) {
                refuseIfCancelled();
                FailureException cause = slices.failure();
                if (cause != null) {
                    throw cause;
                }
                throw e;
            } finally {
                held = null;
            }
        }
    }

    private Result score(KeptConnection kept, HeldSlices held) throws SQLException, IOException {
        Connection connection = kept.connection();
        ModelDescription description = model.description();
        List<BoundSlices> all = source.bind(connection, lease.slices(), lease.job(), description);
        QuarantineSelection selected = selection;
        List<BoundSlices> slices = selected == null
                ? all
                : selected.select(connection, all, lease.job().source());
        PartitionQuery query = new PartitionQuery(slices, description, false, false, limits);
        long written = -1;
        while (written < 0) {
            try {
                written = predictions(kept, query);
            } catch (SQLException e) {
                query = again(query, e, held);
                rows.set(0);
                scoring = 0;
            }
        }
        long predictions = written;
        long range = selected == null ? plannedRows() : selected.rows();
        RowCount count = query.filters() ? count(connection, query) : new RowCount(range, 0);
        long read = count.rows();
        long left = selected == null ? 0 : selected.kept();
        OutputFile quarantined = null;
        List<String> reasons = List.of();
        if (predictions < read + left) {
            held.requireAllColumns();
            if (!query.isEvaluated()) {
                execute(connection, query.evaluation());
            }
            readOwnValues(connection, query, held);
            FailureMessages messages = new FailureMessages(connection);
            if (query.careful() || count.undecided() > 0) {
                messages.collect(query, this::refuseIfCancelled);
            }
            ScoredRows bad = selected == null ? query.rows() : selected.withKept(query.rows());
            output.quarantine(bad, sql -> execute(connection, sql));
            reasons = texts(connection, query.reasons(REASONS));
            quarantined = sealing(() -> output.quarantined(read + left - predictions));
        }
        if (selected != null) {
            selected.check(read, predictions, reasons);
        }
        Map<String, Long> unseenCategories = unseenCategories(connection, query, predictions < read);
        OutputFile part = sealing(() -> output.part(predictions));
        isUsual = predictions == read && !query.careful() && !query.isolating() && selected == null;
        Attempt attempt = lease.attempt();
        Cut cut = selected == null ? Slice.cut(lease.slices()) : selected.cut();
        PartitionCommit commit = PartitionCommitBuilder.builder()
                .partition(attempt.partition())
                .epoch(attempt.epoch())
                .node(node)
                .firstRow(lease.firstRow())
                .rows(range + left)
                .read(read + left)
                .part(part)
                .quarantine(quarantined)
                .model(lease.model().sha256())
                .unseenCategories(unseenCategories)
                .value(cut == null ? null : cut.value())
                .statistics(
                        lease.job().checks().isEmpty()
                                ? null
                                : Objects.requireNonNull(checks).statistics())
                .comparison(comparison())
                .build();
        return new Result(commit, reasons);
    }

    private @Nullable ModelComparison comparison() {
        if (shadowProblem != null) {
            return ModelComparison.failed(shadowProblem);
        }
        return comparator == null ? null : comparator.comparison();
    }

    /// The query for another try: it finds the rows for which an expression or the model fails, and they are
    /// quarantined. So only a partition with such rows pays for finding them.
    ///
    /// @throws SQLException `e`, if no row is the reason
    /// @throws FailureException permanent, if the model fails for any row
    private PartitionQuery again(PartitionQuery query, SQLException e, HeldSlices slices) throws SQLException {
        ScoringSession failed = Objects.requireNonNull(session);
        String modelFailure = failed.modelFailure();
        if (modelFailure != null) {
            throw FailureException.permanent("%s: the model fails for each of the first %,d rows: %s"
                    .formatted(doing(), ScoringSession.MOST_FAILING, modelFailure));
        }
        boolean ofModel = failed.hasModelFailed() && !query.isolating();
        boolean ofExpression = DuckDbError.of(e) == DuckDbError.ROW && !query.careful();
        if (slices.failure() != null || !(ofModel || ofExpression)) {
            throw e;
        }
        refuseIfCancelled();
        return new PartitionQuery(
                query.slices(), query.model(), query.careful() || !ofModel, query.isolating() || ofModel, limits);
    }

    /// How many bytes the attempt has read from its source until now: measured, or estimated by those of
    /// other attempts, or by the size of the files.
    public long bytesRead() {
        if (read >= 0) {
            return read;
        }
        double whole = 0;
        for (Slice slice : lease.slices()) {
            whole += slice.rows() == 0
                    ? 0
                    : (double) slice.file().bytes()
                            * slice.rows()
                            / slice.file().rows();
        }
        long planned = plannedRows();
        // The job may let fewer rows through than it reads.
        long done = isScored ? planned : Math.min(rows.get(), planned);
        long all = planned == 0 ? 0 : (long) (whole * done / planned);
        return samples == null ? all : samples.estimate(lease.attempt().batch(), done, all);
    }

    private long plannedRows() {
        return lease.slices().stream().mapToLong(Slice::selected).sum();
    }

    private interface Sealing<T> {
        T seal() throws IOException;
    }

    private <T> T sealing(Sealing<T> output) throws IOException {
        progress.incrementAndGet();
        isSealing = true;
        UseMeter use = Objects.requireNonNull(meter);
        long taking = this.output.taking();
        use.endReading(taking - taken);
        try {
            return output.seal();
        } finally {
            use.endWriting();
            taken = this.output.taking();
            isSealing = false;
        }
    }

    /// The number of rows with a category that the model does not know, by feature; features without such
    /// rows are absent.
    ///
    /// @param anyQuarantined whether a row is quarantined
    /// @throws FailureException permanent if the job does not allow such a category
    private Map<String, Long> unseenCategories(Connection connection, PartitionQuery query, boolean anyQuarantined)
            throws SQLException {
        UnseenCounter counter = Objects.requireNonNull(unseen);
        List<Feature> features = query.job().features();
        Map<String, Long> counts = new LinkedHashMap<>();
        for (int i = 0; i < features.size(); i++) {
            Feature feature = features.get(i);
            long count = counter.count(i);
            if (count > 0 && Objects.requireNonNull(feature.categories()).unseen() == Unseen.FAIL) {
                throw FailureException.permanent(
                        "%s: feature \"%s\" has categories that the model does not know, in %,d rows: %s. Train the model with them, or change source.unseen-categories"
                                .formatted(
                                        doing(),
                                        feature.source().name(),
                                        count,
                                        String.join(", ", texts(connection, query.unseenValues(i, REASONS)))));
            }
            if (count > 0) {
                counts.put(feature.source().name(), count);
            }
        }
        List<Integer> positions = query.countedInQuarantine();
        if (anyQuarantined && !positions.isEmpty()) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(query.unseen())) {
                row.next();
                for (int i = 0; i < positions.size(); i++) {
                    if (row.getLong(i + 1) > 0) {
                        counts.put(features.get(positions.get(i)).source().name(), row.getLong(i + 1));
                    }
                }
            }
        }
        return counts;
    }

    private void readOwnValues(Connection connection, PartitionQuery query, HeldSlices held) throws SQLException {
        long least;
        long most;
        String sql;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query.badRows())) {
            row.next();
            least = row.getLong(1);
            most = row.getLong(2);
            sql = query.ownValues(least, most, row.getLong(3), Objects.requireNonNullElse(row.getString(4), "-1"));
        }
        held.restrict(least, most);
        try {
            execute(connection, sql);
        } finally {
            held.restrict(0, Long.MAX_VALUE);
        }
    }

    private long predictions(KeptConnection kept, PartitionQuery query) throws SQLException {
        Connection connection = kept.connection();
        ScoredRows scored = query.rows();
        ModelDescription description = model.description();
        Scorer scorer = cancellable(scorer(scored));
        // A comparator counts each row that it scores.
        Scorer trial = other == null ? scorer : cancellable(model.scorer());
        UnseenCounter counter = new UnseenCounter(scored.job().features());
        unseen = counter;
        CheckCounter checkCounter = new CheckCounter(
                lease.job().checks(),
                query.checked(),
                description.features().size(),
                PredictionColumns.checked(description));
        checks = checkCounter;
        ScoringSession current = new ScoringSession(
                scorer,
                trial,
                counter,
                new UnseenCounter(scored.job().features()),
                checkCounter,
                description.features().size(),
                description.outputs() + PredictionColumns.margins(scored.job(), description),
                TopClasses.of(lease.job().output(), description),
                rows,
                firstScored);
        session = current;
        if (query.isEvaluated()) {
            Objects.requireNonNull(held).requireAllColumns();
            for (String copy : query.copies()) {
                execute(connection, copy);
            }
            current.callInSession(() -> execute(connection, query.evaluation()));
        }
        ended(Step.PREPARE);
        // A copy of the rows is not the source.
        boolean isSampled = !query.isEvaluated()
                && samples != null
                && samples.isDue(lease.attempt().batch());
        if (steps == null && !isSampled) {
            return output.predictions(scored, scoring(kept, current));
        }
        pragma(connection, "enable_profiling = 'no_output'");
        Profiled execution = new Profiled(scoring(kept, current), connection);
        long written = output.predictions(scored, execution);
        String profile = Objects.requireNonNull(execution.profile, "the writer has executed nothing");
        pragma(connection, "disable_profiling");
        if (samples != null) {
            long sampled = samples.sampled(lease.attempt().batch(), profile, plannedRows());
            read = sampled == 0 ? -1 : sampled;
        }
        long now = System.nanoTime();
        if (steps != null) {
            steps.query(now - step, scoring, output.sending(), profile);
        }
        step = now;
        return written;
    }

    /// A cancelled statement stops by itself, except if it was cancelled just before it began.
    private Scorer cancellable(Scorer scorer) {
        return (features, count, outputs) -> {
            refuseIfCancelled();
            long begin = System.nanoTime();
            try {
                scorer.score(features, count, outputs);
            } catch (RuntimeException e) {
                throw new ModelFailure(e);
            }
            scoring += System.nanoTime() - begin;
            progress.incrementAndGet();
        };
    }

    private Scorer scorer(ScoredRows scored) {
        Model compared = other;
        if (compared == null) {
            return model.scorer();
        }
        ModelDescription description = model.description();
        int margins = PredictionColumns.margins(scored.job(), description);
        ComparingScorer both = isShadowed
                ? new ShadowScorer(
                        model.scorer(),
                        compared::scorer,
                        description,
                        margins,
                        scored.job().features(),
                        lease.attempt().partition(),
                        mostDifferences)
                : new ModelComparator(
                        model.scorer(),
                        compared.scorer(),
                        description.outputs() + margins,
                        description.task() != Task.REGRESSION,
                        PredictionColumns.checked(description));
        comparator = both;
        return both;
    }

    private PartitionWriter.Execution scoring(KeptConnection kept, ScoringSession current) {
        return new PartitionWriter.Execution() {
            @Override
            public long run(String sql) throws SQLException {
                return current.callInSession(() -> execute(kept.connection(), sql));
            }

            @Override
            public long run(SqlStatement statement) throws SQLException {
                try {
                    return current.callInSession(() -> kept.update(statement, PartitionAttempt.this::begin));
                } finally {
                    running = null;
                }
            }
        };
    }

    /// Keeps the profile of the first statement, which reads and scores the rows. A writer may execute others.
    private static final class Profiled implements PartitionWriter.Execution {
        private final PartitionWriter.Execution execution;
        private final Connection connection;
        private @Nullable String profile;

        Profiled(PartitionWriter.Execution execution, Connection connection) {
            this.execution = execution;
            this.connection = connection;
        }

        @Override
        public long run(String sql) throws SQLException {
            return profiled(execution.run(sql));
        }

        @Override
        public long run(SqlStatement statement) throws SQLException {
            return profiled(execution.run(statement));
        }

        private long profiled(long written) throws SQLException {
            if (profile == null) {
                profile = connection.unwrap(DuckDBConnection.class).getProfilingInformation(ProfilerPrintFormat.JSON);
            }
            return written;
        }
    }

    private void ended(Step ended) {
        long now = System.nanoTime();
        if (steps != null) {
            steps.add(ended, now - step);
        }
        step = now;
    }

    private static void pragma(Connection connection, String setting) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA " + setting);
        }
    }

    private static List<String> texts(Connection connection, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    /// The number of rows that a statement has written, or the one number that it selects.
    private long execute(Connection connection, String sql) throws SQLException {
        return sql.startsWith("SELECT") ? select(connection, sql) : update(connection, sql);
    }

    private long select(Connection connection, String sql) throws SQLException {
        return run(connection, statement -> {
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    /// @param rows that the job lets through
    /// @param undecided those of them for which its condition failed
    private record RowCount(long rows, long undecided) {}

    private RowCount count(Connection connection, PartitionQuery query) throws SQLException {
        AtomicLong undecided = new AtomicLong();
        long counted = run(connection, statement -> {
            try (ResultSet row = statement.executeQuery(query.count())) {
                row.next();
                undecided.set(row.getLong(2));
                return row.getLong(1);
            }
        });
        return new RowCount(counted, undecided.get());
    }

    private long update(Connection connection, String sql) throws SQLException {
        return run(connection, statement -> statement.executeLargeUpdate(sql));
    }

    private interface Execution {
        long on(Statement statement) throws SQLException;
    }

    private long run(Connection connection, Execution execution) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            begin(statement);
            return execution.on(statement);
        } finally {
            running = null;
        }
    }

    private void begin(Statement statement) {
        running = statement;
        progress.incrementAndGet();
        refuseIfCancelled();
    }

    private void refuseIfCancelled() {
        if (cancelled) {
            throw new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"));
        }
    }

    /// What was replaced under the attempt is the reason of whatever failed.
    private void refuseIfReplaced() {
        checkPins(source.pins()::differences);
    }

    private interface PinComparison {
        List<String> differences(SourceFile file) throws IOException;
    }

    /// The files are compared in full once, after they were read: a file that was replaced before is found
    /// then, too.
    private void checkPins(PinComparison comparison) {
        if (source.pins().isDoneByReaders()) {
            return;
        }
        for (Slice slice : lease.slices()) {
            SourceFile file = slice.file();
            progress.incrementAndGet();
            List<String> differences;
            try {
                differences = comparison.differences(file);
            } catch (IOException e) {
                throw SourcePins.unreadable(file.path(), e);
            }
            if (differences.equals(SourcePins.GONE)) {
                throw SourcePins.missing(file.path(), "%s: %s: it is gone".formatted(doing(), file.path()));
            }
            if (!differences.isEmpty()) {
                throw FailureException.permanent("the input changed while %s was running: %s: %s"
                        .formatted(lease.attempt().batch(), file.path(), String.join(", ", differences)));
            }
        }
    }
}
