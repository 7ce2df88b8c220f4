package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.BatchProof;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.LedgerExport;
import io.nightshift.api.LedgerReport;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.VerificationFinding;
import io.nightshift.cli.HomeFolder;
import io.nightshift.client.AlertFilter;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.BatchReader;
import io.nightshift.client.QuarantineFilter;
import io.nightshift.client.ReplayOptions;
import io.nightshift.coordinator.alert.AlertDescriptions;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.description.BatchDescriptions;
import io.nightshift.coordinator.ledger.DriftReports;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.coordinator.ledger.LedgerFile;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
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
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads the ledger itself, where no server does, and answers as a server would: the same records, read by the
/// same code.
///
/// No method waits in the background: each stage that it returns is complete. For one thread. Throws
/// [FailureException] where a stage of another client would fail.
final class LedgerReader implements BatchReader {

    private static final int ENTRIES = 1_000;

    /// Pages of quarantined rows have at least so many rows, since each page reads its partition from the
    /// beginning.
    private static final int ROWS = 100_000;

    private final Ledger ledger;
    private final Configuration given;
    private final HomeFolder home;
    private final Supplier<ModelRegistry> registry;
    private final ObjectCopies objects;
    private final FileRoots roots;
    private final DuckDbOnDemand duckDb;
    private final Map<BatchId, BatchState> states = new HashMap<>();
    private @Nullable RegisteredBatches registered;

    /// @param registry of the models, for replays
    LedgerReader(Ledger ledger, Configuration given, HomeFolder home, Supplier<ModelRegistry> registry) {
        this.ledger = ledger;
        this.given = given;
        this.home = home;
        this.registry = registry;
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

    private Destinations destinations(DuckDbOnDemand over) {
        return new Destinations(over, given.dataSources(), roots, objects);
    }

    private BatchExaminations examinations(DuckDbOnDemand over) {
        return new BatchExaminations(
                ledger, destinations(over), over, registry, objects.folder().parent(), MemoryBudget.budget());
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        List<BatchDescription> page = new ArrayList<>();
        Entry before = filter.cursor() == null ? null : registered().named(filter.cursor());
        while (true) {
            List<Entry> found = registered().page(filter.job(), null, before, filter.limit() + 1);
            for (Entry entry : found) {
                if (page.size() == filter.limit()) {
                    return done(new BatchPage(
                            page, Objects.requireNonNull(before).batch().value()));
                }
                BatchDescription batch = BatchDescriptions.of(ledger, entry, given.prices());
                if (filter.state() == null || batch.state().equals(filter.state())) {
                    page.add(batch);
                }
                before = entry;
            }
            if (found.size() <= filter.limit()) {
                return done(new BatchPage(page, null));
            }
        }
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
    public CompletionStage<LedgerReport> checkLedger() {
        return done(LedgerCheck.of(ledger));
    }

    @Override
    public CompletionStage<LedgerExport> exportLedger(@Nullable String batch, Consumer<String> line) {
        return done(LedgerFile.export(ledger, batch == null ? null : LedgerFile.named(ledger, batch), line));
    }

    @Override
    public void close() {
        duckDb.close();
    }
}
