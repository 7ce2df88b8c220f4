package io.nightshift.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.cli.train.TrainingRequest.Source;
import io.nightshift.cli.train.TrainingRequest.Target;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.source.SourceColumns.Origin;
import io.nightshift.storage.duckdb.DuckDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TrainingReaderTest {

    private static final long HEAP = 200L << 20;

    @TempDir
    private Path folder;

    private DuckDb duckDb = DuckDb.open(64L << 20, Path.of("unused"));

    /// A thousand rows: `n` counts them, every tenth has no delay, one in a hundred no carrier.
    @BeforeEach
    void write() throws SQLException {
        duckDb.close();
        duckDb = DuckDb.open(64L << 20, folder.resolve("spill"));
        sql("""
                COPY (SELECT n, if(n %% 10 = 0, NULL, n %% 60)::INTEGER AS delay, n / 7 AS distance,
                  if(n %% 100 = 1, NULL, ['AA', 'DL', 'UA'][n %% 3 + 1]) AS carrier, n %% 2 = 0 AS weekend,
                  TIMESTAMP '2001-01-01' + to_hours(n::BIGINT) AS date, md5(n::VARCHAR) AS ticket,
                  (n %% 4)::TINYINT AS quarter, n::VARCHAR AS text
                  FROM (SELECT range::INTEGER AS n FROM range(1000)) ORDER BY n) TO '%s' (FORMAT parquet)
                """.formatted(file()));
    }

    @AfterEach
    void close() {
        duckDb.close();
    }

    private Path file() {
        return folder.resolve("flights.parquet");
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private TrainingTable read(String target, Map<String, String> select, String... features) {
        return read(target, select, 200_000, 1, features);
    }

    private TrainingTable read(String target, Map<String, String> select, int sample, long seed, String... features) {
        Source source = new Source(
                new ParquetInput(List.of(file().toString())), new LinkedHashMap<>(select), null, Origin.COMMAND_LINE);
        return TrainingReader.read(
                duckDb, new TrainingRequest(source, List.of(features), Target.parse(target), sample, seed), HEAP);
    }

    @Test
    void rowsWithoutATargetOrAFeatureAreLeftOutAndCounted() {
        TrainingTable table = read("late=delay > 15", Map.of(), "n", "carrier");

        assertThat(table.rows()).isEqualTo(1000);
        assertThat(table.withoutTarget()).isEqualTo(100);
        assertThat(table.withoutFeature()).isEqualTo(10);
        assertThat(table.target().rows()).isEqualTo(890);
        assertThat(table.isSampled()).isFalse();
    }

    @Test
    void aValueThatCannotBeComputedIsMissing() {
        TrainingTable table =
                read("delay", Map.of("odd", "if(n < 500, '1', 'x')::DOUBLE", "root", "sqrt(100 - n)"), "odd");
        assertThat(table.withoutFeature()).isEqualTo(450);

        assertThat(read("delay", Map.of("root", "sqrt(n - 300)")).withoutFeature())
                .isEqualTo(270);
    }

    @Test
    void byDefaultAllOtherColumnsAreFeaturesAndTheUnusableAreNamed() {
        TrainingTable table = read("late=delay > 15", Map.of());

        assertThat(table.features())
                .extracting(TrainingColumn::name)
                .containsExactly("distance", "carrier", "weekend", "quarter");
        assertThat(table.unusable())
                .containsExactly(
                        "n (an ID: another value in each row)",
                        "date (TIMESTAMP)",
                        "ticket (an ID: another value in each row)",
                        "text (an ID: another value in each row)");
    }

    @Test
    void aColumnOfWhichOneValueIsThereTwiceIsNoId() throws Exception {
        Path data = folder.resolve("data.parquet");
        sql(
                "COPY (SELECT if(range = 1, 0, range) AS n, range %% 2 = 0 AS late FROM range(200)) TO '%s' (FORMAT parquet)"
                        .formatted(data));
        Source source = new Source(new ParquetInput(List.of(data.toString())), Map.of(), null, Origin.COMMAND_LINE);

        TrainingTable table = TrainingReader.read(
                duckDb, new TrainingRequest(source, List.of(), Target.parse("late"), 1000, 1), HEAP);

        assertThat(table.features()).extracting(TrainingColumn::name).containsExactly("n");
        assertThat(table.unusable()).isEmpty();
    }

    @Test
    void ifColumnsAreComputedOnlyTheseAreFeatures() {
        Map<String, String> select = new LinkedHashMap<>();
        select.put("hour", "hour(date)");
        select.put("late", "delay > 15");
        select.put("far", "distance > 50");

        assertThat(read("late", select).features())
                .extracting(TrainingColumn::name)
                .containsExactly("hour", "far");
    }

    @ParameterizedTest
    @CsvSource({
        "weekend, false;true",
        "quarter, 0;1;2;3",
        "carrier, AA;DL;UA",
        "late=delay > 15, false;true",
        "kind=(delay % 3)::VARCHAR, 0;1;2"
    })
    void truthValuesTextsAndFewWholeNumbersAreClasses(String target, String classes) {
        assertThat(read(target, Map.of(), "n").target())
                .isInstanceOfSatisfying(
                        TrainingColumn.Categories.class,
                        column -> assertThat(column.levels()).containsExactly(classes.split(";")));
    }

    @ParameterizedTest
    @CsvSource({"delay", "distance", "q=quarter::DOUBLE", "d=(delay % 21)"})
    void otherNumbersAreNot(String target) {
        assertThat(read(target, Map.of(), "n").target()).isInstanceOf(TrainingColumn.Numbers.class);
    }

    @Test
    void theSampleIsDrawnBySeed() {
        TrainingTable table = read("weekend", Map.of(), 100, 1, "n");

        assertThat(table.isSampled()).isTrue();
        assertThat(table.target().rows()).isEqualTo(100);
        assertThat(read("weekend", Map.of(), 100, 1, "n").sha256()).isEqualTo(table.sha256());
        assertThat(read("weekend", Map.of(), 100, 2, "n").sha256()).isNotEqualTo(table.sha256());
    }

    @Test
    void aTextThatTheSampleDoesNotHoldIsKnownAllTheSame() {
        TrainingTable table = read("weekend", Map.of(), 10, 1, "text");

        assertThat(table.features().getFirst())
                .isInstanceOfSatisfying(
                        TrainingColumn.Categories.class,
                        column -> assertThat(column.levels()).hasSize(1000));
    }

    @Test
    void aFolderOfFilesIsReadAsOneTable() throws Exception {
        Path data = Files.createDirectory(folder.resolve("data"));
        sql("COPY (SELECT 1 AS n, true AS late) TO '%s' (FORMAT parquet)".formatted(data.resolve("a.parquet")));
        sql("COPY (SELECT 2 AS n, 3 AS wind, false AS late) TO '%s' (FORMAT parquet)"
                .formatted(data.resolve("b.parquet")));
        Source source = new Source(new ParquetInput(List.of(data.toString())), Map.of(), null, Origin.COMMAND_LINE);

        TrainingTable table =
                TrainingReader.read(duckDb, new TrainingRequest(source, List.of(), Target.parse("late"), 10, 1), HEAP);

        assertThat(table.rows()).isEqualTo(2);
        assertThat(table.withoutFeature()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "delya          | n       | did you mean \"delay\"?",
                "delay          | distnace| did you mean \"distance\"?",
                "delay > 15     | n       | An expression needs a name: --target 'NAME=delay > 15'",
                "late=dely > 15 | n       | dely",
                "date           | n       | date is TIMESTAMP",
                "delay          | date    | --select 'hour=hour(\"date\")'",
                "delay          | delay   | delay is the target",
                "delay          | ticket  | more than 1,000 distinct texts",
                "late=random() > 0.5 | n  | random() depends on more than the row",
                "late=(SELECT 1)     | n  | not allowed",
                "late=NULL::BOOLEAN  | n  | 1,000 rows, of which 1,000 have no late"
            })
    void unusableColumnsAreRefusedWithAnExplanation(String target, String feature, String message) throws SQLException {
        sql("COPY (SELECT * REPLACE (ticket || i AS ticket) FROM '%s', range(2) AS r(i)) TO '%s' (FORMAT parquet)"
                .formatted(file(), folder.resolve("twice.parquet")));
        boolean wide = feature.equals("ticket");
        Source source = new Source(
                new ParquetInput(List.of((wide ? folder.resolve("twice.parquet") : file()).toString())),
                Map.of(),
                null,
                Origin.COMMAND_LINE);
        TrainingRequest request = new TrainingRequest(source, List.of(feature), Target.parse(target), 1000, 1);

        assertThatThrownBy(() -> TrainingReader.read(duckDb, request, HEAP))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(message);
    }

    @Test
    void moreThanTheHeapHoldsIsRefusedWithTheFigures() {
        Source source = new Source(new ParquetInput(List.of(file().toString())), Map.of(), null, Origin.COMMAND_LINE);
        TrainingRequest request = new TrainingRequest(source, List.of("n"), Target.parse("weekend"), 1000, 1);

        assertThatThrownBy(() -> TrainingReader.read(duckDb, request, 1000))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("Take fewer with --sample")
                .hasMessageContaining("NIGHTSHIFT_OPTS=-Xmx");
    }
}
