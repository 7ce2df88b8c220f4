package io.nightshift.source.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.objectstore.FetchControl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LookupTest {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private Sources sources;

    @BeforeEach
    void start() {
        data = new TestData(folder);
        sources = new Sources(() -> data.duckDb);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    // Files.

    private Path write(String name, String... lines) {
        try {
            return Files.write(folder.resolve(name), List.of(lines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A file of two columns, `k` and `v`, in one of the formats.
    private Input table(String format, String name, String... rows) {
        return switch (format) {
            case "parquet" -> {
                String values = Stream.of(rows)
                        .map(row -> row.split(",", -1))
                        .map(row -> "(%s, '%s')".formatted(row[0].isEmpty() ? "NULL" : row[0], row[1]))
                        .reduce((one, other) -> one + ", " + other)
                        .orElseThrow();
                Path file = data.parquet(
                        name + ".parquet", "SELECT k::BIGINT AS k, v FROM (VALUES %s) t(k, v)".formatted(values));
                yield new ParquetInput(List.of(file.toString()));
            }
            case "csv" -> {
                List<String> lines = new ArrayList<>(List.of("k,v"));
                lines.addAll(List.of(rows));
                yield csv(write(name + ".csv", lines.toArray(String[]::new)));
            }
            default -> {
                String[] lines = Stream.of(rows)
                        .map(row -> row.split(",", -1))
                        .map(row -> "{\"k\": %s, \"v\": \"%s\"}".formatted(row[0].isEmpty() ? "null" : row[0], row[1]))
                        .toArray(String[]::new);
                yield new NdjsonInput(List.of(write(name + ".ndjson", lines).toString()), Map.of());
            }
        };
    }

    private static CsvInput csv(Path file) {
        Job job = JobFile.parse(
                "{job: a, model: m, source: {csv: %s}, destination: {parquet: d}}".formatted(file),
                Path.of("job.yaml"),
                List.of());
        return (CsvInput) job.source().input();
    }

    // Reading.

    private List<String> read(Job job) throws SQLException {
        return rows().read(job);
    }

    private List<String> read(Job job, List<Slice> slices) throws SQLException {
        return rows().read(job, slices);
    }

    private ReadRows rows() {
        return new ReadRows(data, sources, MODEL);
    }

    private static Lookup left(Input input) {
        return new Lookup(input, Map.of("k", "k"), Map.of("name", "v"), false);
    }

    private TestJobBuilder job(Input main, Lookup lookup) {
        return TestJobBuilder.over(main).features("k").output("v", "name").join(lookup);
    }

    static Stream<List<String>> formats() {
        List<String> all = List.of("parquet", "csv", "ndjson");
        return all.stream().flatMap(main -> all.stream().map(lookup -> List.of(main, lookup)));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aRowGetsTheColumnsOfTheOneRowWithItsKey(List<String> formats) throws SQLException {
        Input main = table(formats.getFirst(), "main", "1,a", "2,b", "1,c", "3,d", ",e");
        Input lookup = table(formats.getLast(), "names", "4,four", "2,two", ",none", "1,one", ",none too");

        assertThat(read(job(main, left(lookup)).build()))
                .containsExactly("1|a|one", "2|b|two", "1|c|one", "3|d|null", "null|e|null");
        Lookup inner = new Lookup(lookup, Map.of("k", "k"), Map.of("name", "v"), true);
        assertThat(read(job(main, inner).build())).containsExactly("1|a|one", "2|b|two", "1|c|one");
        assertThat(read(job(main, inner).where("name > 'onf' AND k > 0").build()))
                .as("the condition is the worker's")
                .hasSize(3);
    }

    @Test
    void lookupsAndExpressionsSeeTheColumnsOfEarlierLookups() throws SQLException {
        Input main = table("parquet", "main", "1,a", "2,b");
        Path customers = data.parquet("customers.parquet", "SELECT i AS id, i + 10 AS region FROM range(5) t(i)");
        Path regions = data.parquet("regions.parquet", "SELECT i AS code, 'R' || i AS region_name FROM range(99) t(i)");

        Job job = TestJobBuilder.over(main)
                .join(new Lookup(
                        new ParquetInput(List.of(customers.toString())),
                        Map.of("k", "id"),
                        Map.of("region", "region"),
                        false))
                .join(new Lookup(
                        new ParquetInput(List.of(regions.toString())),
                        Map.of("region", "code"),
                        Map.of("region_name", "region_name"),
                        false))
                .features("region * 2")
                .select("both", "region_name || v")
                .output("both")
                .build();

        assertThat(read(job)).containsExactly("22|R11a", "24|R12b");
    }

    @Test
    void aKeyMayHaveSeveralColumns() throws SQLException {
        Input main = table("parquet", "main", "1,a", "1,b", "2,a");
        Path file = data.parquet("names.parquet", "SELECT * FROM (VALUES (1, 'a', 'x'), (1, 'b', 'y')) t(k, v, name)");

        assertThat(read(job(
                                main,
                                new Lookup(
                                        new ParquetInput(List.of(file.toString())),
                                        Map.of("k", "k", "v", "v"),
                                        Map.of("name", "name"),
                                        false))
                        .build()))
                .containsExactly("1|a|x", "1|b|y", "2|a|null");
    }

    @ParameterizedTest
    @CsvSource({"parquet", "csv", "ndjson"})
    void aKeyThatIsThereTwiceIsRefusedWithItsRows(String format) {
        Input main = table("parquet", "main", "1,a");
        Input lookup = table(format, "names", "1,one", "2,two", "1,uno", ",x", ",y");

        assertThatThrownBy(() -> read(job(main, left(lookup)).build()))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessageMatching(
                        "source\\.join\\[0]: .*names\\.%1$s has a key more than once, which would multiply rows of the source: k = 1 in row 0 of .*names\\.%1$s and row 2 of .*names\\.%1$s\\. Remove the repeated rows, or add a column to the key"
                                .formatted(format));
        assertThat(data.rows("SELECT count(*) FROM duckdb_tables()"))
                .as("nothing is left")
                .containsExactly("0");
    }

    @Test
    void aMalformedRecordOfALookupIsRefused() {
        Input main = table("parquet", "main", "1,a");
        Input lookup = table("csv", "names", "1,one", "2,two,three");

        assertThatThrownBy(() -> read(job(main, left(lookup)).build()))
                .hasMessageContaining("source.join[0]: ")
                .hasMessageContaining("names.csv: malformed record: ")
                .hasMessageContaining("line 3");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    kk | k  | name | v  | source.join[0].on: "kk" is not a column of .*main.parquet; did you mean "k"\\?
                    k  | kk | name | v  | source.join[0]: "kk" is not a column of .*names.parquet; did you mean "k"\\?
                    k  | k  | name | vv | source.join[0]: "vv" is not a column of .*names.parquet; did you mean "v"\\?
                    k  | k  | v    | v  | source.join[0].columns: the column "v" is also in .*main.parquet, or in a lookup before this one; give it a new name: columns: \\{v_2: v}
                    v  | k  | name | v  | source.join[0].on: the keys have different types: "v" is VARCHAR in .*main.parquet, and "k" is BIGINT in .*names.parquet; .*
                    """)
    void whatDoesNotFitIsNamed(String own, String other, String name, String column, String message) {
        Input main = table("parquet", "main", "1,a");
        Lookup lookup = new Lookup(table("parquet", "names", "1,one"), Map.of(own, other), Map.of(name, column), false);

        assertThatThrownBy(() -> sources.inspect(
                        TestJobBuilder.over(main).features("k").join(lookup).build(), MODEL))
                .isInstanceOf(FailureException.class)
                .hasMessageMatching(message.replace("[0]", "\\[0]"));
    }

    @Test
    void theFoldersOfALookupHaveTheirDeclaredTypes() throws SQLException {
        Input main = table("parquet", "main", "7,a", "8,b");
        data.parquet("names/k=07/a.parquet", "SELECT 'seven' AS v");
        data.parquet("names/k=08/a.parquet", "SELECT 'eight' AS v");
        String names = folder.resolve("names").toString();

        Lookup numbers = left(new ParquetInput(List.of(names), Map.of("k", "BIGINT")));
        assertThat(read(job(main, numbers).build())).containsExactly("7|a|seven", "8|b|eight");
        Lookup days = left(new ParquetInput(List.of(names), Map.of("k", "DATE")));
        assertThatThrownBy(() -> sources.inspect(job(main, days).build(), MODEL))
                .hasMessageStartingWith("source.join[0].parquet.folders.k: \"07\" is not of the type DATE");
    }

    @Test
    void aFractionIsNoKey() {
        Path main = data.parquet("main.parquet", "SELECT 1.5::DOUBLE AS k");
        Path names = data.parquet("names.parquet", "SELECT 1.5::DOUBLE AS k, 'x' AS v");

        assertThatThrownBy(() -> sources.inspect(
                        TestJobBuilder.over(main)
                                .features("k")
                                .join(left(new ParquetInput(List.of(names.toString()))))
                                .build(),
                        MODEL))
                .hasMessageContaining("source.join[0].on: a column of the type DOUBLE can't be a key");
    }

    @Test
    void aLookupThatIsMissingIsNamed() {
        Input main = table("parquet", "main", "1,a");
        Lookup missing =
                left(new ParquetInput(List.of(folder.resolve("nothing.parquet").toString())));

        assertThatThrownBy(() -> sources.inspect(job(main, missing).build(), MODEL))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("source.join[0]: ")
                .hasMessageContaining("nothing.parquet");
    }

    @Test
    void aLookupIsPinnedAndAChangeOfItIsFound() throws Exception {
        Input main = table("parquet", "main", "1,a");
        Job job = job(main, left(table("parquet", "names", "1,one"))).build();
        List<InspectedFile> planned = sources.inspect(job, MODEL);
        List<SourceFile> pins = planned.stream().map(InspectedFile::file).toList();
        PinComparison comparison = sources.pins(job);

        assertThat(pins).hasSize(2);
        assertThat(pins.getLast().lookup()).isZero();
        assertThat(pins.getLast().rows()).isEqualTo(1);
        assertThat(SourcePins.change(pins, comparison)).isEmpty();
        table("parquet", "names", "1,eins");
        Files.setLastModifiedTime(
                folder.resolve("names.parquet"), FileTime.fromMillis(System.currentTimeMillis() + 5000));
        assertThat(SourcePins.change(pins, comparison)).get().asString().contains("names.parquet");
        assertThatThrownBy(() -> read(job, ReadRows.plan(planned)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("source.join[0]: the lookup changed after the batch was planned: ");
        Files.delete(folder.resolve("names.parquet"));
        assertThatThrownBy(() -> read(job, ReadRows.plan(planned)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("names.parquet: it is gone");
    }

    @Test
    void aPlanShowsItsLookups() {
        Job job = job(table("parquet", "main", "1,a"), left(table("csv", "names", "1,one", "2,two")))
                .build();

        assertThat(sources.of(job.source()).details(sources.inspect(job, MODEL)))
                .singleElement()
                .asString()
                .matches("lookup      .*names\\.csv: 1 file, 2 rows, 16 bytes; left join on k, adds name from v");
    }

    @Test
    void aLookupIsLoadedOnceAndDroppedWhenNobodyUsesItAnyMore() throws SQLException {
        Lookup lookup = left(table("parquet", "names", "1,one"));
        List<Runnable> later = new ArrayList<>();
        LookupTables tables = new LookupTables(() -> data.duckDb, later::add);
        LookupSource source = new LookupSource(0, lookup, sources);
        List<SourceFile> files =
                source.inspect().stream().map(InspectedFile::file).toList();
        String table;
        try (LookupTables.Use first = tables.use(source, files, FetchControl.NONE)) {
            try (LookupTables.Use second = tables.use(source, files, FetchControl.NONE)) {
                table = first.loaded().table();
                assertThat(second.loaded()).isEqualTo(first.loaded());
            }
            assertThat(data.rows("SELECT * FROM " + table)).containsExactly("1|one");
        }
        String count = "SELECT count(*) FROM duckdb_tables() WHERE table_name = '%s'".formatted(table);
        tables.use(source, files, FetchControl.NONE).close();
        later.getFirst().run();
        assertThat(data.rows(count)).as("it was used again meanwhile").containsExactly("1");
        later.getLast().run();
        assertThat(data.rows(count)).containsExactly("0");
    }

    /// Each attempt has a reader of its own, and its thread lives as long as the node.
    @Test
    void aThreadKeepsNoReaderWhoseSlicesAreClosed() {
        Job job = job(table("parquet", "main", "1,a"), left(table("parquet", "names", "1,one")))
                .build();
        WeakReference<SourceReader> reader = heldAndClosed(job, ReadRows.plan(sources.inspect(job, MODEL)));

        for (int i = 0; i < 100 && !reader.refersTo(null); i++) {
            System.gc();
        }
        assertThat(reader.refersTo(null)).isTrue();
    }

    private WeakReference<SourceReader> heldAndClosed(Job job, List<Slice> slices) {
        SourceReader reader = sources.of(job.source());
        reader.hold(slices).close();
        return new WeakReference<>(reader);
    }

    @Test
    void aCancelledAttemptDoesNotLoad() {
        LookupTables tables = new LookupTables(() -> data.duckDb);
        LookupSource source = new LookupSource(0, left(table("parquet", "names", "1,one")), sources);
        List<SourceFile> files =
                source.inspect().stream().map(InspectedFile::file).toList();

        assertThatThrownBy(() -> tables.use(source, files, new FetchControl() {
                    @Override
                    public boolean isCancelled() {
                        return true;
                    }

                    @Override
                    public void progressed() {}
                }))
                .hasMessageContaining("cancelled while a lookup was loaded");
        assertThat(data.rows("SELECT count(*) FROM duckdb_tables()")).containsExactly("0");
    }
}
