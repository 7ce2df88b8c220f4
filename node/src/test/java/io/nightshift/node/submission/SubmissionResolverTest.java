package io.nightshift.node.submission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.SchemaReport;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The checks of a submission, on the example's model and data.
final class SubmissionResolverTest {

    private static final Path EXAMPLE =
            Path.of("../examples/flights").toAbsolutePath().normalize();
    private static final long MEMORY = 2L << 30;
    private static final Set<String> CHANNELS = Set.of("ops", "chat");

    @TempDir
    private Path folder;

    private DuckDb duckDb;
    private ModelRegistry registry;

    @BeforeEach
    void open() {
        duckDb = DuckDb.open(128L << 20, folder.resolve("spill"));
        registry = new ModelRegistry(folder.resolve("home"));
    }

    @AfterEach
    void close() {
        duckDb.close();
    }

    private SubmissionResolver resolver(long memory) {
        return resolver(memory, PlanLimits.LARGEST);
    }

    private SubmissionResolver resolver(long memory, PlanLimits limits) {
        return new SubmissionResolver(
                ModelPlaces.of(registry),
                new Destinations(() -> duckDb, DataSources.NONE),
                2,
                memory,
                limits,
                CHANNELS);
    }

    private Job job(String... overrides) throws IOException {
        String text = Files.readString(EXAMPLE.resolve("job.yaml"))
                .replace("parquet: predictions", "parquet: " + folder.resolve("predictions"));
        return JobFile.parse(text.getBytes(StandardCharsets.UTF_8), EXAMPLE.resolve("job.yaml"), List.of(overrides));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> found = Files.walk(folder)) {
            return found.filter(path -> !path.startsWith(folder.resolve("spill")))
                    .map(Path::toString)
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aCheckTouchesNothing() throws IOException {
        Job job = job();
        List<String> before = files();

        SubmissionResolver.Check check = resolver(MEMORY).check(job);

        assertThat(check.files()).hasSize(1);
        assertThat(check.files().getFirst().file().rows()).isEqualTo(300_000);
        assertThat(files()).isEqualTo(before);
    }

    /// A batch of another version of the example, as a reader finds it.
    private void publish(int version, String... columns) throws IOException {
        Path batch = folder.resolve("predictions/batch=flights-20261124t231425-3f9a");
        Files.createDirectories(batch);
        String schema = Stream.of(columns)
                .map(column -> "{\"name\": \"%s\", \"type\": \"%s\"}".formatted((Object[]) column.split(" ", 2)))
                .collect(Collectors.joining(", ", "[", "]"));
        Files.writeString(
                batch.resolve("_manifest.json"), "{\"schema_version\": %d, \"schema\": %s}".formatted(version, schema));
    }

    private void assertAway(String message, String... overrides) throws IOException {
        Job job = job(overrides);
        assertThatThrownBy(() -> resolver(MEMORY).resolve(job))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        away -> assertThat(SubmissionResolver.isAway(away.failure()))
                                .isTrue())
                .hasMessageContaining(message);
    }

    @Test
    void aPlaceThatIsNotThereMayComeBack() throws IOException {
        Path missing = folder.resolve("away");
        assertAway("there is no file " + missing, "source.parquet=" + missing + "/in.parquet");
        assertAway("there is no folder for " + missing, "source.parquet=" + missing + "/*.parquet");
        assertAway("there is no such file", "model=" + missing + "/model.ubj");
        assertAway("none is registered yet", "model=delays");
        Path file = Files.createFile(folder.resolve("file"));
        assertAway(file.toString(), "destination.parquet=" + file + "/out");
    }

    @Test
    void aMistakeInTheJobIsRefused() throws IOException {
        for (String mistake : List.of("source.id=nothing", "source.where=nothing > 1")) {
            Job job = job(mistake);
            assertThatThrownBy(() -> resolver(MEMORY).resolve(job))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            refused ->
                                    assertThat(refused.failure().isPermanent()).isTrue());
        }
    }

    private OutputSchema schema(String... overrides) throws IOException {
        return Objects.requireNonNull(
                resolver(MEMORY).check(job(overrides)).job().output().schema());
    }

    @Test
    void theFirstSchemaHasVersion1() throws IOException {
        OutputSchema schema = schema("job=flights");

        assertThat(schema.version()).isEqualTo(1);
        assertThat(schema.columns())
                .contains(new OutputSchema.Column("predicted_at", "TIMESTAMP WITH TIME ZONE"))
                .extracting(OutputSchema.Column::name)
                .contains("prediction", "model_name");
    }

    @Test
    void anAdditionRaisesTheVersionOfTheSchema() throws IOException {
        publish(6, "model_name VARCHAR", "batch_id VARCHAR");

        assertThat(schema("job=flights").version()).isEqualTo(7);
    }

    @Test
    void aChangeThatBreaksReadersNeedsANewSchema() throws IOException {
        publish(6, "model_name VARCHAR", "prediction TIME", "gone INTEGER");

        assertThatThrownBy(() -> schema("job=flights"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(
                        "would break readers of the batch flights-20261124t231425-3f9a: prediction was TIME")
                .hasMessageContaining("gone is removed (INTEGER)");
        assertThat(schema("job=flights", "destination.schema=new").version()).isEqualTo(7);
        SchemaReport report = resolver(MEMORY).compare(job("job=flights"));
        assertThat(report.compatible()).isFalse();
        assertThat(report.published()).isEqualTo(new SchemaReport.Published("flights-20261124t231425-3f9a", 6));
        assertThat(report.version()).isEqualTo(7);
        assertThat(report.changes())
                .startsWith(
                        new SchemaReport.Change("prediction", "retyped", "TIME", "INTEGER"),
                        new SchemaReport.Change("gone", "removed", "INTEGER", null))
                .contains(new SchemaReport.Change("batch_id", "added", null, "VARCHAR"));
        // Other jobs have other readers.
        assertThat(schema("job=other").version()).isEqualTo(1);
    }

    @Test
    void aModelFileIsStoredOnceAndNeverAVersionOfAName() throws IOException {
        SubmissionResolver resolver = resolver(MEMORY);

        SubmissionResolver.Resolved first = resolver.resolve(job());
        SubmissionResolver.Resolved second = resolver.resolve(job());

        ModelVersion model = first.submission().model();
        assertThat(model.toString())
                .isEqualTo("flights.sha256-%s@1".formatted(model.sha256().substring(0, 32)));
        assertThat(second.submission()).isEqualTo(first.submission());
        assertThat(first.submission().input())
                .isEqualTo(SourcePins.identity(resolver.check(job()).files()));
        assertThat(registry.list()).isEmpty();
        assertThatThrownBy(() -> resolver.resolve(job("model=flights"))).hasMessageContaining("no model is named");
    }

    @Test
    void aHostileFileWithTheNameOfAModelDoesNotReplaceIt() throws IOException {
        ModelVersion registered = JobModel.read(EXAMPLE.resolve("flights.ubj"))
                .register("flights", registry)
                .version();
        Path hostile =
                Files.copy(Path.of("../scoring/src/test/resources/peers/xgb100x6.ubj"), folder.resolve("flights.ubj"));
        JobModel.read(hostile).registeredIn(registry);

        assertThat(resolver(MEMORY).resolve(job("model=flights")).submission().model())
                .isEqualTo(registered);
        assertThat(resolver(MEMORY)
                        .resolve(job("model=flights@sha256:" + registered.sha256()))
                        .submission()
                        .model())
                .isEqualTo(registered);
    }

    @Test
    void aPinnedDigestThatNoVersionHasIsRefused() throws IOException {
        JobModel.read(EXAMPLE.resolve("flights.ubj")).register("flights", registry);
        String other = "0".repeat(64);

        assertThatThrownBy(() -> resolver(MEMORY).resolve(job("model=flights@sha256:" + other)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the model \"flights\" has no version with the SHA-256 " + other);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        source.parquet=/no/such.parquet                  | there is no file /no/such.parquet
        source.select.hour=hour(departure_time_of_day)   | departure_time_of_day
        output.columns=[no_such_column]                  | no_such_column
        destination.parquet=/dev/null/predictions        | the destination /dev/null/predictions can't be made
        model=no-such-model                              | no-such-model
        """)
    void aJobThatCannotRunIsRefusedByBothAndRegistersNothing(String override, String sentence) throws IOException {
        Job job = job(override.strip());
        SubmissionResolver resolver = resolver(MEMORY);
        List<String> before = files();

        assertThatThrownBy(() -> resolver.check(job))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(sentence.strip());
        assertThatThrownBy(() -> resolver.resolve(job))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(sentence.strip());

        assertThat(files()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        model=/etc/passwd.onnx                    | /etc/passwd.onnx is outside the folders that jobs may read
        model=/no/such/model.onnx                 | /no/such/model.onnx is outside the folders that jobs may read
        source.parquet=/etc/passwd                | /etc/passwd is outside the folders that jobs may read
        source.parquet=/no/such.parquet           | /no/such.parquet is outside the folders that jobs may read
        source.parquet=/etc/*                     | /etc/* is outside the folders that jobs may read
        source={csv: /etc/passwd}                 | /etc/passwd is outside the folders that jobs may read
        source={ndjson: /no/such.ndjson}          | /no/such.ndjson is outside the folders that jobs may read
        source.join=[{csv: /etc/passwd, on: [origin], columns: [x]}]      | /etc/passwd is outside the folders that jobs may read
        source.join=[{parquet: /no/such.parquet, on: [dest], columns: [x]}] | /no/such.parquet is outside the folders that jobs may read
        destination.parquet=/etc/predictions      | /etc/predictions is outside the folders that jobs may write
        destination.parquet=/no/such/predictions  | /no/such/predictions is outside the folders that jobs may write
        """)
    void aJobMayUseOnlyTheFoldersOfTheNode(String override, String sentence) throws IOException {
        FileRoots roots = FileRoots.only(List.of(EXAMPLE), List.of(folder));
        SubmissionResolver resolver = new SubmissionResolver(
                ModelPlaces.of(registry),
                new Destinations(() -> duckDb, DataSources.NONE, roots),
                2,
                MEMORY,
                PlanLimits.LARGEST,
                CHANNELS);
        assertThat(resolver.check(job()).files()).hasSize(1);

        Job hostile = job(override.strip());

        assertThatThrownBy(() -> resolver.check(hostile))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(sentence.strip());
        assertThatThrownBy(() -> resolver.resolve(hostile))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(sentence.strip());
        assertThat(registry.list()).isEmpty();
    }

    @Test
    void aJobThatNoNodeHasTheMemoryForIsRefusedWithTheFigures() throws IOException {
        Job job = job();

        assertThatThrownBy(() -> resolver(260L << 20).resolve(job))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the job does not fit this machine: it needs")
                .hasMessageContaining("260 MB may be used");
        assertThat(registry.list()).isEmpty();
    }

    @Test
    void aPlanThatIsTooLargeIsRefused() {
        assertThatCode(() -> PlanLimits.LARGEST.check(100_000, 1_000_000)).doesNotThrowAnyException();
        assertThatThrownBy(() -> PlanLimits.LARGEST.check(100_001, 1))
                .hasMessage("the input has 100,001 files, and a batch can have at most 100,000."
                        + " Divide the input into several jobs, or merge small files");
        assertThatThrownBy(() -> PlanLimits.LARGEST.check(1, 1_000_001))
                .hasMessage("the plan has 1,000,001 partitions, and a batch can have at most 1,000,000."
                        + " Increase partitions.rows");
    }

    @Test
    void theLargestPlanIsConfigurable() throws IOException {
        SubmissionResolver small = resolver(MEMORY, new PlanLimits(1, 12));

        assertThat(small.check(job()).files()).hasSize(1);
        Job job = job("partitions.rows=20000");
        assertThatThrownBy(() -> small.check(job))
                .hasMessage("the plan has 17 partitions, and a batch can have at most 12. Increase partitions.rows");
    }

    @Test
    void anUnknownAlertChannelIsRefusedWithTheKnownNames() throws IOException {
        assertThat(resolver(MEMORY)
                        .check(job("alerts=[{on: [failed], to: ops}]"))
                        .files())
                .hasSize(1);

        Job unknown = job("alerts=[{on: [failed], to: pager}]");
        Job misspelt = job("alerts=[{on: [failed], to: opps}]");

        assertThatThrownBy(() -> resolver(MEMORY).check(unknown))
                .hasMessage("alerts: there is no channel pager; the configuration has chat, ops");
        assertThatThrownBy(() -> resolver(MEMORY).check(misspelt))
                .hasMessage("alerts: there is no channel opps; did you mean ops?");
    }
}
