package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.BatchProof;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationFinding;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import io.nightshift.cli.HomeFolder;
import io.nightshift.client.AlertFilter;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.PartitionFilter;
import io.nightshift.client.QuarantineFilter;
import io.nightshift.client.ReplayOptions;
import io.nightshift.client.RunFilter;
import io.nightshift.client.SubmitOptions;
import io.nightshift.coordinator.alert.AlertDescriptions;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.description.BatchDescriptions;
import io.nightshift.coordinator.ledger.DriftReports;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.node.check.PartitionList;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.gateway.BatchQuarantine;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.EntryJson;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.NewerEventException;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads the ledger itself, where no server does, and answers as a server would: the same records, read by the
/// same code. It reads only; what changes something needs a node, and is not supported.
///
/// No method waits in the background: each stage that it returns is complete. For one thread. Throws
/// [FailureException] where a stage of another client would fail.
final class LedgerClient implements NightshiftClient {

    private static final int ENTRIES = 1_000;

    /// Pages of quarantined rows have at least so many rows, since each page reads its partition from the
    /// beginning.
    private static final int ROWS = 100_000;

    private final Ledger ledger;
    private final Configuration given;
    private final HomeFolder home;
    private final Supplier<ModelRegistry> registry;
    private final Supplier<NightshiftClient> nodes;
    private final ObjectCopies objects;
    private final FileRoots roots;
    private final DuckDbOnDemand duckDb;
    private final Map<BatchId, BatchState> states = new HashMap<>();
    private @Nullable RegisteredBatches registered;

    /// @param registry of the models, for replays
    /// @param nodes connects to the nodes of the cluster, for what the ledger can't answer
    LedgerClient(
            Ledger ledger,
            Configuration given,
            HomeFolder home,
            Supplier<ModelRegistry> registry,
            Supplier<NightshiftClient> nodes) {
        this.ledger = ledger;
        this.given = given;
        this.home = home;
        this.registry = registry;
        this.nodes = nodes;
        this.objects = given.objects().ofCommand(home.folder());
        this.roots = given.files().ofCommand().withOwn(objects.folder().parent());
        this.duckDb = new DuckDbOnDemand(home.folder(), roots);
    }

    /// Read once, so that a name means the same batch until the end of the command.
    private RegisteredBatches registered() {
        RegisteredBatches known = registered;
        if (known == null) {
            known = ledger.registered();
            registered = known;
        }
        return known;
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    private static IllegalStateException unsupported() {
        return new IllegalStateException("the ledger is only read");
    }

    private Destinations destinations(DuckDbOnDemand over) {
        return new Destinations(over, given.dataSources(), roots, objects);
    }

    private BatchExaminations examinations(DuckDbOnDemand over) {
        return new BatchExaminations(
                ledger, destinations(over), over, registry, objects.folder().parent(), MemoryBudget.budget());
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        if (filter.state() != null) {
            throw unsupported();
        }
        Entry before = filter.cursor() == null ? null : registered().named(filter.cursor());
        List<Entry> found = registered().page(filter.job(), null, before, filter.limit() + 1);
        boolean isLast = found.size() <= filter.limit();
        List<Entry> page = isLast ? found : found.subList(0, filter.limit());
        return done(new BatchPage(
                page.stream()
                        .map(entry -> BatchDescriptions.of(ledger, entry, given.prices()))
                        .toList(),
                isLast ? null : page.getLast().batch().value()));
    }

    @Override
    public CompletionStage<JobList> jobs() {
        List<JobList.JobDescription> jobs = new ArrayList<>();
        registered()
                .register()
                .jobs()
                .forEach((name, job) -> jobs.add(new JobList.JobDescription(
                        name, Math.toIntExact(job.batches()), job.last().value(), job.lastAt(), null)));
        return done(new JobList(jobs));
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return done(BatchDescriptions.of(ledger, registered().named(batch), given.prices()));
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch, Instant at) {
        Entry entry = registered().named(batch);
        if (at.isBefore(entry.at())) {
            throw FailureException.permanent(BatchDescriptions.notOpened(entry, at));
        }
        return done(BatchDescriptions.of(ledger, entry, at, given.prices()));
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        BatchId found = registered().resolve(batch);
        List<JsonNode> events = new ArrayList<>();
        try {
            ledger.forEach(found, after, ENTRIES + 1, (number, entry) -> events.add(json(found, number, entry)));
        } catch (FailureException e) {
            if (events.isEmpty()) {
                throw e;
            }
            // What can be read comes first. The next page says what is wrong.
            return done(new EventPage(
                    found.value(), events, events.getLast().get("number").asLong()));
        }
        boolean isLast = events.size() <= ENTRIES;
        List<JsonNode> page = isLast ? events : events.subList(0, ENTRIES);
        return done(new EventPage(
                found.value(),
                page,
                isLast ? null : page.getLast().get("number").asLong()));
    }

    private static JsonNode json(BatchId batch, long number, LedgerEntry entry) {
        try {
            return EntryJson.of(number, entry);
        } catch (NewerEventException e) {
            throw FailureException.permanent(
                    "entry %d of the ledger of %s: %s".formatted(number, batch, e.getMessage()));
        } catch (UncheckedIOException e) {
            throw FailureException.permanent(
                    "entry %d of the ledger of %s is damaged. `batch verify` reports the details"
                            .formatted(number, batch));
        }
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch) {
        BatchState state = state(batch);
        return done(DriftReports.of(
                state, DriftReports.baseline(state).map(ledger::state).orElse(null)));
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch, String against) {
        return done(DriftReports.of(state(batch), state(against)));
    }

    private BatchState state(String batch) {
        return states.computeIfAbsent(registered().resolve(batch), ledger::state);
    }

    @Override
    public CompletionStage<AlertPage> alerts(AlertFilter filter) {
        long before = filter.cursor() == null ? Long.MAX_VALUE : Long.parseLong(filter.cursor());
        List<AlertDescription> found =
                AlertDescriptions.of(
                                ledger.alerts(),
                                filter.onlyOpen(),
                                given.alerts().settings())
                        .stream()
                        .filter(alert -> alert.number() < before)
                        .limit(filter.limit() + 1L)
                        .toList();
        boolean isLast = found.size() <= filter.limit();
        List<AlertDescription> page = isLast ? found : found.subList(0, filter.limit());
        return done(new AlertPage(
                page, isLast ? null : String.valueOf(page.getLast().number())));
    }

    @Override
    public CompletionStage<QuarantineReasons> quarantineReasons(String batch) {
        return done(quarantine(batch).reasons(Long.MAX_VALUE));
    }

    @Override
    public CompletionStage<QuarantinedRowPage> quarantinedRows(String batch, QuarantineFilter filter) {
        int limit = Math.max(filter.limit(), ROWS);
        return done(quarantine(batch).page(filter.reason(), filter.cursor(), limit, Long.MAX_VALUE));
    }

    private BatchQuarantine quarantine(String batch) {
        return BatchQuarantine.of(ledger, state(batch), destinations(duckDb));
    }

    @Override
    public CompletionStage<PredictionRows> predictions(String batch, int rows) {
        return done(examinations(duckDb).head(registered().resolve(batch), rows));
    }

    @Override
    public CompletionStage<BatchProof> verify(String batch, Consumer<VerificationFinding> finding) {
        return done(examinations(duckDb).verify(registered().resolve(batch), finding));
    }

    @Override
    public CompletionStage<ReplayReport> replay(
            String batch, ReplayOptions options, Consumer<ReplayProgress> progress) {
        List<Integer> listed = options.partitions() == null ? List.of() : PartitionList.parse(options.partitions());
        int threads = options.threads() == null ? Runtime.getRuntime().availableProcessors() : options.threads();
        try (DuckDbOnDemand scoring = new DuckDbOnDemand(home.folder(), roots, true)) {
            return done(examinations(scoring)
                    .prepareReplay(registered().resolve(batch), listed)
                    .run(threads, progress));
        }
    }

    @Override
    public CompletionStage<VerificationResult> reportVerification(String batch, VerificationReport report) {
        NightshiftClient cluster = nodes.get();
        return cluster.reportVerification(batch, report).whenComplete((_, _) -> cluster.close());
    }

    // What changes something, and what only nodes know.

    @Override
    public CompletionStage<SubmitResult> submit(String job, SubmitOptions options) {
        throw unsupported();
    }

    @Override
    public CompletionStage<SchemaReport> compareSchema(String job, Map<String, String> parameters) {
        throw unsupported();
    }

    @Override
    public CompletionStage<ApplyResult> applyJob(String job, String text, @Nullable String folder) {
        throw unsupported();
    }

    @Override
    public CompletionStage<AppliedJob> appliedJob(String job) {
        throw unsupported();
    }

    @Override
    public CompletionStage<AppliedJob> pauseJob(String job, String reason) {
        throw unsupported();
    }

    @Override
    public CompletionStage<AppliedJob> resumeJob(String job) {
        throw unsupported();
    }

    @Override
    public CompletionStage<AppliedJob> deleteJob(String job) {
        throw unsupported();
    }

    @Override
    public CompletionStage<JobRun> triggerJob(String job, Map<String, String> parameters, @Nullable String key) {
        throw unsupported();
    }

    @Override
    public CompletionStage<JobRunPage> runs(String job, RunFilter filter) {
        throw unsupported();
    }

    @Override
    public CompletionStage<Backfill> startBackfill(String job, BackfillRequest request, @Nullable String key) {
        throw unsupported();
    }

    @Override
    public CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request) {
        throw unsupported();
    }

    @Override
    public CompletionStage<BackfillList> backfills(String job) {
        throw unsupported();
    }

    @Override
    public CompletionStage<Backfill> backfill(String job, String id) {
        throw unsupported();
    }

    @Override
    public CompletionStage<Backfill> controlBackfill(String job, String id, BackfillControl control) {
        throw unsupported();
    }

    @Override
    public CompletionStage<NodeList> nodes() {
        throw unsupported();
    }

    @Override
    public CompletionStage<AlertTestResult> testAlertChannel(String channel) {
        throw unsupported();
    }

    @Override
    public CompletionStage<PartitionPage> partitions(String batch, PartitionFilter filter) {
        throw unsupported();
    }

    @Override
    public CompletionStage<ControlResult> control(String batch, BatchControl control) {
        throw unsupported();
    }

    @Override
    public CompletionStage<SubmitResult> rescore(String batch, RescoreRequest request, @Nullable String key) {
        throw unsupported();
    }

    @Override
    public CompletionStage<RetentionReport> applyRetention(@Nullable String job, boolean dryRun) {
        throw unsupported();
    }

    @Override
    public CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request) {
        throw unsupported();
    }

    @Override
    public CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request) {
        throw unsupported();
    }

    @Override
    public CompletionStage<ModelHistory> modelHistory(String model) {
        throw unsupported();
    }

    @Override
    public CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress) {
        throw unsupported();
    }

    @Override
    public void close() {
        duckDb.close();
    }
}
