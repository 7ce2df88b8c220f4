package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files as other programs write them, and files that are broken.
class TextReaderTest {

    /// How many times as many tries as by default.
    private static final int TRIES = Integer.getInteger("nightshift.tries.factor", 1);

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // start() sets it
    private TestData data;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private Path write(String name, byte[] bytes) {
        try {
            return Files.write(folder.resolve(name), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String write(String name, String text) {
        return write(name, text.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static Job job(Input input, String... output) {
        return TestJobBuilder.over(input).features("1.0 + 0").output(output).build();
    }

    /// The values of columns in each record, or why it is malformed, where, and its text.
    private List<String> read(Input input, String... columns) {
        Job job = job(input, columns);
        Sources sources = new Sources(() -> data.duckDb);
        List<Slice> slices = new ArrayList<>();
        for (InspectedFile file : sources.inspect(job, MODEL)) {
            slices.add(new Slice(file.file(), 0, file.file().rows()));
        }
        SourceReader reader = sources.of(job.source());
        List<String> rows = new ArrayList<>();
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (SourceRelation relation : reader.relations(connection, slices)) {
                SourceRelation.TextRecord record = Objects.requireNonNull(relation.record());
                rows.addAll(data.rows(
                        "SELECT CASE WHEN %1$s IS NULL THEN concat_ws('|', %2$s) ELSE %1$s || ' @ ' || %3$s || ' @ ' || %4$s END FROM %5$s"
                                .formatted(
                                        record.fault(),
                                        Arrays.stream(columns)
                                                .map(column -> "coalesce(\"%s\"::VARCHAR, 'NULL')".formatted(column))
                                                .collect(Collectors.joining(", ")),
                                        record.place(),
                                        record.text(),
                                        relation.from())));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return rows;
    }

    private Map<String, String> types(Input input, String... columns) {
        InspectedFile file = new Sources(() -> data.duckDb)
                .inspect(job(input, columns), MODEL)
                .getFirst();
        return TextSchema.of(file.file()).types();
    }

    @Test
    void everyMalformedRecordIsKeptWithItsReasonAndPlace() {
        String file = write("a.csv", """
                id,n,d,s
                1,1,2026-01-01,x
                2,2
                3,3,2026-01-03,x,y
                4,four,2026-01-04,x
                5,5,2026-02-30,x
                6,6,2026-01-06,"x"y
                7,7,2026-01-07,"x
                8,8,2026-01-08,x\0
                9,99999999999,2026-01-09,x
                10,10,2026-01-10 12:00,x
                11,1.5,2026-01-11,x
                12,12.0,2026-01-12,x
                """);
        CsvInput input = TextInputs.typed(TextInputs.csv(file), Map.of("n", "INTEGER", "d", "DATE", "s", "VARCHAR"));

        assertThat(read(input, "n", "d", "s"))
                .containsExactly(
                        "1|2026-01-01|x",
                        "it has 2 values, and the file has 4 columns @ line 3, byte 26 @ 2,2",
                        "it has 5 values, and the file has 4 columns @ line 4, byte 30 @ 3,3,2026-01-03,x,y",
                        "column \"n\" is not INTEGER @ line 5, byte 49: four @ 4,four,2026-01-04,x",
                        "column \"d\" is not DATE @ line 6, byte 69: 2026-02-30 @ 5,5,2026-02-30,x",
                        "text follows a closing quote @ line 7, byte 86 @ 6,6,2026-01-06,\"x\"y",
                        "a quote is not closed @ line 8, byte 106 @ 7,7,2026-01-07,\"x",
                        "column \"s\" contains a NUL character @ line 9, byte 124: x\0 @ 8,8,2026-01-08,x\0",
                        "column \"n\" is not INTEGER @ line 10, byte 142: 99999999999 @ 9,99999999999,2026-01-09,x",
                        "column \"d\" is not DATE @ line 11, byte 169: 2026-01-10 12:00 @ 10,10,2026-01-10 12:00,x",
                        "column \"n\" is not INTEGER @ line 12, byte 194: 1.5 @ 11,1.5,2026-01-11,x",
                        "12|2026-01-12|x");
    }

    @Test
    void aValueThatNoExpressionReadsIsNotChecked() {
        String file = write("a.csv", "id,n\n1,one\n2,\n");

        assertThat(read(TextInputs.typed(TextInputs.csv(file), Map.of("n", "INTEGER")), "id"))
                .containsExactly("1", "2");
    }

    @Test
    void quotedValuesMayContainDelimitersQuotesAndLineBreaks() {
        String file = write("a.csv", "a,b\r\n\"1,5\",\"say \"\"hi\"\"\r\nagain\"\r\n2,plain\"quote\r\n\r\n3,\"\"");

        assertThat(read(TextInputs.csv(file), "a", "b"))
                .containsExactly("1,5|say \"hi\"\r\nagain", "2|plain\"quote", "3|NULL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"utf-8", "latin1", "windows-1252", "iso-8859-15", "utf-16le", "utf-16be"})
    void encodingsAreRead(String encoding) {
        String text = encoding.equals("latin1") ? "nämé,x\nÄ,1\nß,2" : "nämé,x\nÄ,1\n€,2";
        Charset charset = Charset.forName(encoding.equals("latin1") ? "iso-8859-1" : encoding);
        Path file = write(encoding + ".csv", text.getBytes(charset));

        assertThat(read(TextInputs.encoded(file.toString(), encoding), "nämé", "x"))
                .containsExactly("Ä|1", encoding.equals("latin1") ? "ß|2" : "€|2");
    }

    @Test
    void byteOrderMarksAreNoData() {
        write("a.csv", "\ufeffx\n1\n");
        assertThat(read(TextInputs.csv(folder + "/a.csv"), "x")).containsExactly("1");

        write("b.csv", "\ufeffx,y\n1,ä\n".getBytes(StandardCharsets.UTF_16LE));
        assertThat(read(TextInputs.encoded(folder + "/b.csv", "utf-16"), "x", "y"))
                .containsExactly("1|ä");
        write("c.csv", "\ufeffx,y\n1,ä\n".getBytes(StandardCharsets.UTF_16BE));
        assertThat(read(TextInputs.encoded(folder + "/c.csv", "utf-16"), "x", "y"))
                .containsExactly("1|ä");
        assertThatThrownBy(() -> read(TextInputs.csv(folder + "/b.csv"), "x"))
                .hasMessageContaining(
                        "b.csv is in UTF-16, as its byte order mark says; set source.csv.encoding to utf-16");
    }

    @Test
    void bytesThatAreNotOfTheEncodingMakeTheirRecordMalformed() {
        Path file = write("a.csv", new byte[] {'x', '\n', 'a', '\n', (byte) 0xe4, '\n', 'b', '\n'});

        assertThat(read(TextInputs.csv(file.toString()), "x"))
                .containsExactly("a", "column \"x\" is not UTF-8 @ line 3, byte 4: \ufffd @ \ufffd", "b");
    }

    @Test
    void filesOfOtherCountriesAreRead() {
        String file = write("a.csv", """
                kunde;betrag;am;um
                'Müller; Söhne';1.234,50;24.12.2026;24.12.2026 18:30
                'it\\'s';-7;01.02.2026;k.A.
                ;12,3,4;1.1.2026;k.A.
                """);
        CsvInput input = TextInputs.of(
                file,
                ";",
                "'",
                "\\",
                true,
                List.of("", "k.A."),
                true,
                ",",
                ".",
                "%d.%m.%Y",
                "%d.%m.%Y %H:%M",
                Map.of("am", "DATE", "um", "TIMESTAMP", "betrag", "DECIMAL(10,2)"));

        assertThat(read(input, "kunde", "betrag", "am", "um"))
                .containsExactly(
                        "Müller; Söhne|1234.50|2026-12-24|2026-12-24 18:30:00",
                        "it's|-7.00|2026-02-01|NULL",
                        "column \"betrag\" is not DECIMAL(10,2) @ line 4, byte 101: 12,3,4 @ ;12,3,4;1.1.2026;k.A.");
    }

    @Test
    void withoutAHeaderTheColumnsAreThoseOfTheJob() {
        String file = write("a.csv", "1,x\n2,y\n");
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("n", "BIGINT");
        columns.put("s", "VARCHAR");
        CsvInput given = TextInputs.of(file, ",", "\"", null, false, List.of(""), true, ".", null, null, null, columns);

        assertThat(read(given, "n", "s")).containsExactly("1|x", "2|y");
        CsvInput none = TextInputs.of(file, ",", "\"", null, false, List.of(""), true, ".", null, null, null, Map.of());
        assertThat(read(none, "column0", "column1")).containsExactly("1|x", "2|y");
        CsvInput few = TextInputs.of(
                file, ",", "\"", null, false, List.of(""), true, ".", null, null, null, Map.of("n", "BIGINT"));
        assertThatThrownBy(() -> read(few, "n"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("has 2 values, and source.csv.columns lists 1 columns");
    }

    @Test
    void aQuotedValueIsATextIfTheJobSaysSo() {
        String file = write("a.csv", "a,b\n\"\",1\n,2\n");
        CsvInput input =
                TextInputs.of(file, ",", "\"", null, true, List.of(""), false, ".", null, null, null, Map.of());

        assertThat(read(input, "a", "b")).containsExactly("|1", "NULL|2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            1,2,                                    | BIGINT
            1,2.5,1e3,NaN                           | DOUBLE
            true,FALSE                              | BOOLEAN
            0,007                                   | VARCHAR
            12345678901234567890                    | VARCHAR
            9007199254740993,-9007199254740993      | BIGINT
            9007199254740992,1.5                    | DOUBLE
            9007199254740993,1.5                    | VARCHAR
            2026-01-01,2026-12-31                   | DATE
            2026-01-01,2026-02-30                   | VARCHAR
            2026-01-01,2026-12-31T10:00:00          | TIMESTAMP
            2026-01-01T10:00Z,2026-12-31T10:00:00+01:00 | TIMESTAMPTZ
            true,1                                  | VARCHAR
            a                                       | VARCHAR
            ``                                      | VARCHAR
            """)
    void typesAreDetected(String values, String type) {
        String file = write("a.csv", "a,b\n" + (values + ",").replace(",", ",x\n"));

        assertThat(types(TextInputs.csv(file), "a")).containsExactly(Map.entry("a", type));
    }

    @Test
    void recordsWithAnotherNumberOfValuesDoNotChangeTypes() {
        String file = write("a.csv", "a,b\n1,2026-01-01\nx\nx,y,z\n2,2026-01-02\n");

        assertThat(types(TextInputs.csv(file), "a", "b")).isEqualTo(Map.of("a", "BIGINT", "b", "DATE"));
    }

    @Test
    void aRefusedExpressionNamesTheValueThatMadeItsColumnText() {
        String csv = write("a.csv", "day,name\n2026-01-01,A1\nunknown,17\n2026-01-03,B\n");
        String json = write("a.ndjson", "{\"day\": \"2026-01-01\"}\n\n{\"day\": \"unknown\"}\n");
        Sources sources = new Sources(() -> data.duckDb);

        Map.<String, Input>of("csv", TextInputs.csv(csv), "ndjson", new NdjsonInput(List.of(json), Map.of()))
                .forEach((kind, input) -> {
                    Job job = TestJobBuilder.over(input).features("month(day)").build();
                    assertThatThrownBy(() -> sources.inspect(job, MODEL))
                            .hasMessageContaining("'month(VARCHAR)'")
                            .hasMessageContaining(
                                    "Column \"day\" is VARCHAR, because line 3 of %s/a.".formatted(folder))
                            .hasMessageContaining(
                                    "has \"unknown\"; its other values are DATE. Write source.%s.columns: {day: DATE} to have such records quarantined"
                                            .formatted(kind));
                });
        assertThatThrownBy(() -> sources.inspect(
                        TestJobBuilder.over(TextInputs.csv(write("b.csv", "name,b\nA,1\nB,2\n")))
                                .features("month(name)")
                                .build(),
                        MODEL))
                .hasMessageContaining("'month(VARCHAR)'")
                .hasMessageNotContaining("because");
    }

    @Test
    void anIdWhoseDetectedTypeRoundsIsRefusedWithTheTypesThatDoNot() {
        Sources sources = new Sources(() -> data.duckDb);
        String csv = write("a.csv", "id,n\n1,1\n1e3,2\n");
        String json = write("a.ndjson", "{\"key\": {\"id\": 1.5}, \"n\": 1}\n");
        Job direct =
                TestJobBuilder.over(TextInputs.csv(csv)).features("n").id("id").build();
        Job computed = TestJobBuilder.over(TextInputs.csv(csv))
                .features("n")
                .select("key", "'r' || id")
                .id("key")
                .build();
        Job nested = TestJobBuilder.over(new NdjsonInput(List.of(json), Map.of()))
                .features("n")
                .id("key.id")
                .build();

        for (Job job : List.of(direct, computed)) {
            assertThatThrownBy(() -> sources.inspect(job, MODEL))
                    .hasMessage(
                            "source.id: the type detected of \"id\" is DOUBLE, by which different values can become equal. Write source.csv.columns: {id: VARCHAR} to keep the IDs as they are written, or BIGINT if all of them are whole numbers");
        }
        assertThatThrownBy(() -> sources.inspect(nested, MODEL)).hasMessageStartingWith("source.id: the type detected");
        for (String type : List.of("VARCHAR", "DOUBLE")) {
            Input input = TextInputs.typed(TextInputs.csv(csv), Map.of("id", type));
            assertThat(sources.inspect(
                            TestJobBuilder.over(input).features("n").id("id").build(), MODEL))
                    .hasSize(1);
        }
    }

    @Test
    void aNumberThatADetectedTypeWouldRoundIsQuarantined() {
        String many = "1.5,x\n".repeat(21_000);
        String csv = write("a.csv", "a,b\n" + many + "9007199254740993,x\n9007199254740992,x\n1e300,x\n");
        String json = write("a.ndjson", "{\"a\": 1.5}\n".repeat(21_000) + "{\"a\": 9007199254740993}\n{\"a\": 4e18}\n");

        assertThat(read(TextInputs.csv(csv), "a"))
                .endsWith(
                        "column \"a\" would be rounded as DOUBLE, the type detected; declare the column as DOUBLE to round it @ line 21002, byte 126004: 9007199254740993 @ 9007199254740993,x",
                        "9007199254740992.0",
                        "1e+300");
        assertThat(read(new NdjsonInput(List.of(json), Map.of()), "a"))
                .endsWith(
                        "column \"a\" would be rounded as DOUBLE, the type detected; declare the column as DOUBLE to round it @ line 21001, byte 231000: 9007199254740993 @ {\"a\": 9007199254740993}",
                        "4e+18");
        assertThat(read(TextInputs.typed(TextInputs.csv(csv), Map.of("a", "DOUBLE")), "a"))
                .endsWith("9007199254740992.0", "9007199254740992.0", "1e+300");
        assertThatThrownBy(() -> new Sources(() -> data.duckDb)
                        .inspect(
                                TestJobBuilder.over(TextInputs.csv(write("b.csv", "a,b\n1.5,1\n9007199254740993,1\n")))
                                        .features("a")
                                        .build(),
                                MODEL))
                .hasMessageContaining(
                        "Column \"a\" is VARCHAR, because it has fractions and also whole numbers such as 9007199254740993, which DOUBLE would round. Write source.csv.columns: {a: DOUBLE} if they may be rounded");
    }

    @Test
    void aColumnThatAFileLacksIsNullThere() {
        write("a.csv", "id,n,Name\n1,2,x\n");
        write("b.csv", "name,id,other\ny,2,z\n");
        write("c.csv", "ID\n3\n");
        CsvInput all = TextInputs.csv(folder.toString());

        assertThat(read(all, "id", "n", "Name", "other"))
                .containsExactlyInAnyOrder("1|2|x|NULL", "2|NULL|y|z", "3|NULL|NULL|NULL");
        assertThat(read(all, "n")).containsExactlyInAnyOrder("2", "NULL", "NULL");
        assertThatThrownBy(() -> read(all, "none")).hasMessageContaining("neither a column of");
    }

    @Test
    void columnsWhoseNamesDifferOnlyInCaseKeepTheirValuesInAnyOrder() {
        write("a.csv", "id,ID\nlower,UPPER\n");
        write("b.csv", "ID,id\nUPPER,lower\n");
        write("c.csv", "ID\nUPPER\n");

        assertThat(read(TextInputs.csv(folder.toString()), "id", "ID_1"))
                .containsExactlyInAnyOrder("lower|UPPER", "lower|UPPER", "NULL|UPPER");
    }

    @Test
    void filesWithoutAHeaderMustHaveTheSameColumns() {
        write("a.csv", "1,x\n");
        write("b.csv", "1\n");
        CsvInput input = TextInputs.of(
                folder.toString(), ",", "\"", null, false, List.of(""), true, ".", null, null, null, Map.of());

        assertThatThrownBy(() -> read(input, "column0"))
                .hasMessageContaining("a.csv has 2 values, and that of ")
                .hasMessageEndingWith("b.csv has 1; files without a header must have the same columns");
    }

    @Test
    void typesAreThoseOfAllFiles() {
        write("a.csv", "a,b\n1,1\n");
        write("b.csv", "b,a\n1.5,2\n");

        assertThat(types(TextInputs.csv(folder.toString()), "a", "b")).isEqualTo(Map.of("a", "BIGINT", "b", "DOUBLE"));
        assertThat(read(TextInputs.csv(folder.toString()), "a", "b")).containsExactly("1|1.0", "2|1.5");
    }

    @Test
    void mistakesAreRefusedWithWhatToDo() throws IOException {
        assertThatThrownBy(() -> read(TextInputs.csv(write("a.csv", "a;b\n1;2\n")), "a"))
                .hasMessageEndingWith(
                        "a.csv is one column, \"a;b\"; if its delimiter is \";\", set source.csv.delimiter to it");
        assertThatThrownBy(() -> read(
                        TextInputs.typed(TextInputs.csv(write("b.csv", "age,b\n1,2\n")), Map.of("aeg", "INTEGER")),
                        "b"))
                .hasMessageEndingWith("source.csv.columns: no file has a column \"aeg\"; did you mean \"age\"?");
        assertThatThrownBy(() -> read(TextInputs.csv(write("c.csv", "")), "a"))
                .hasMessageEndingWith("c.csv is empty, not even a header is there");
        assertThatThrownBy(() -> read(
                        TextInputs.csv(write("d.csv", new byte[] {'a', (byte) 0xe4, '\n'})
                                .toString()),
                        "a"))
                .hasMessageEndingWith(
                        "the header of %s/d.csv is not in utf-8; set source.csv.encoding to that of the file"
                                .formatted(folder));
        byte[] whole = gzip("a\n" + "12345\n".repeat(1000));
        write("e.csv.gz", Arrays.copyOf(whole, whole.length - 9));
        assertThatThrownBy(() -> read(TextInputs.csv(folder + "/e.csv.gz"), "a"))
                .hasMessageEndingWith("e.csv.gz can't be decompressed: the gzip data ends too early");
        byte[] broken = Arrays.copyOf(whole, whole.length + 1);
        broken[whole.length] = 'x';
        write("f.csv.gz", broken);
        assertThatThrownBy(() -> read(TextInputs.csv(folder + "/f.csv.gz"), "a"))
                .hasMessageEndingWith("f.csv.gz can't be decompressed: the gzip data is followed by something else");
        assertThatThrownBy(() -> read(TextInputs.csv(write("g.csv", "nightshift_row\n1\n")), "a"))
                .hasMessageContaining("names that begin with nightshift_ are Nightshift's own");
    }

    @Test
    void aHeaderAloneIsASourceWithoutRows() {
        assertThat(read(TextInputs.csv(write("a.csv", "a,b")), "a")).isEmpty();
    }

    @Test
    void gzipMembersAreReadOneAfterTheOther() throws IOException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.write(gzip("a\n1\n"));
        both.write(gzip("2\n3\n"));
        write("a.csv.gz", both.toByteArray());

        assertThat(read(TextInputs.csv(folder + "/a.csv.gz"), "a")).containsExactly("1", "2", "3");
    }

    @Test
    void aLargeFileIsCutAtRecordsAndReadFromEachOfThem() throws IOException, SQLException {
        StringBuilder text = new StringBuilder("id,t\n");
        for (int i = 0; i < 200_000; i++) {
            text.append(i)
                    .append(
                            i % 1000 == 7
                                    ? ",\"two\nlines of a longer text\"\n"
                                    : i % 5000 == 11 ? "\n" : ",plain text\n");
        }
        write("big.csv", text.toString());
        write("big.csv.gz", gzip(text.toString()));
        for (String name : List.of("big.csv", "big.csv.gz")) {
            Job job = job(TextInputs.csv(folder + "/" + name), "id", "t");
            Sources sources = new Sources(() -> data.duckDb);
            InspectedFile file = sources.inspect(job, MODEL).getFirst();
            assertThat(file.file().rows()).isEqualTo(200_000);
            assertThat(file.rowGroups()).hasSizeGreaterThan(2);
            SourceReader reader = sources.of(job.source());
            for (long first : new long[] {0, 1, 77_777, 131_072, 199_990}) {
                List<Slice> slices = List.of(new Slice(file.file(), first, 10));
                try (Connection connection = data.duckDb.connect();
                        HeldSlices _ = reader.hold(slices)) {
                    SourceRelation relation =
                            reader.relations(connection, slices).getFirst();
                    assertThat(data.rows("SELECT %s, id, %s FROM %s"
                                    .formatted(relation.row(), "nightshift_line", relation.from())))
                            .as(name)
                            .hasSize(10)
                            .allSatisfy(row -> {
                                String[] parts = row.split("\\|", -1);
                                long number = Long.parseLong(parts[0]);
                                assertThat(parts[1]).isEqualTo(number % 5000 == 11 ? "null" : parts[0]);
                                assertThat(Long.parseLong(parts[2])).isEqualTo(number + 2 + (number + 992) / 1000);
                            });
                }
            }
        }
    }

    @Test
    void aBlockOfLongRecordsHasFewOfThem() throws SQLException {
        String longText = "x".repeat(50_000);
        String csv = write("a.csv", "id,t\n" + ("1," + longText + "\n").repeat(300));
        String json = write("a.ndjson", ("{\"id\": 1, \"t\": \"" + longText + "\"}\n").repeat(300));

        for (Input input : List.of(TextInputs.csv(csv), new NdjsonInput(List.of(json), Map.of()))) {
            Job job = job(input, "id", "t");
            Sources sources = new Sources(() -> data.duckDb);
            InspectedFile file = sources.inspect(job, MODEL).getFirst();
            List<Slice> slices = List.of(new Slice(file.file(), 0, 300));
            SourceReader reader = sources.of(job.source());
            try (Connection connection = data.duckDb.connect();
                    HeldSlices _ = reader.hold(slices)) {
                String from = reader.relations(connection, slices).getFirst().from();
                assertThat(data.blocks(from)).hasSizeBetween(3, 5);
                assertThat(data.rows("SELECT count(*), min(length(t)), max(length(t)) FROM " + from))
                        .containsExactly("300|50000|50000");
            }
        }
    }

    @Test
    void jsonObjectsAreReadWithTheirParts() {
        String file = write("a.ndjson", """
                {"id": 1, "name": "a\\u00e4", "customer": {"age": 40, "tags": ["x", "y"]}, "at": "2026-01-01T10:00:00Z"}
                {"customer": {"age": null}, "id": 2, "more": {}}

                {"id": 3
                [1]
                {"id": "x"}
                {"id": 4, "customer": {"age": 1.5}}
                {"id": 5} {"id": 6}
                {"id": 7, "id": 8}
                {"id": 9.0, "name": 12}
                {"id": null}
                """);
        Map<String, String> columns =
                Map.of("id", "BIGINT", "customer", "STRUCT(\"age\" BIGINT, \"tags\" VARCHAR[])", "name", "VARCHAR");

        assertThat(read(new NdjsonInput(List.of(file), columns), "id", "name", "customer", "at"))
                .containsExactly(
                        "1|aä|{'age': 40, 'tags': [x, y]}|2026-01-01 10:00:00+00",
                        "2|NULL|{'age': NULL, 'tags': NULL}|NULL",
                        "it is not JSON: Unexpected end-of-input: expected close marker for Object @ line 4, byte 154 @ {\"id\": 3",
                        "it is not a JSON object @ line 5, byte 163 @ [1]",
                        "column \"id\" is not BIGINT @ line 6, byte 167: \"x\" @ {\"id\": \"x\"}",
                        "column \"customer\" has a part that is not BIGINT @ line 7, byte 179: {\"age\": 1.5} @ {\"id\": 4, \"customer\": {\"age\": 1.5}}",
                        "something follows the JSON object @ line 8, byte 215 @ {\"id\": 5} {\"id\": 6}",
                        "it has the key \"id\" twice @ line 9, byte 235 @ {\"id\": 7, \"id\": 8}",
                        "9|12|NULL|NULL",
                        "NULL|NULL|NULL|NULL");
    }

    @Test
    void aValueOfAJsonColumnIsTheJsonThatItIs() {
        List<String> values = List.of(
                "\"5\"",
                "\"null\"",
                "\"[1]\"",
                "\"abc\"",
                "\"\"",
                "\"a\\\"\\u00e4\"",
                "5",
                "-0",
                "1E400",
                "12345678901234567890123",
                "true",
                "[1, \"x\"]",
                "{\"a\": null}");
        String lines = values.stream().map("{\"a\": %s}\n"::formatted).collect(Collectors.joining());
        String file = write("a.ndjson", lines + "{\"a\": null}\n{}\n");
        List<String> all = new ArrayList<>(values);
        all.addAll(List.of("NULL", "NULL"));

        assertThat(types(new NdjsonInput(List.of(file), Map.of()), "a")).containsExactly(Map.entry("a", "JSON"));
        assertThat(read(new NdjsonInput(List.of(file), Map.of()), "a")).isEqualTo(all);
        assertThat(read(new NdjsonInput(List.of(file), Map.of("a", "JSON")), "a"))
                .isEqualTo(all);
    }

    @Test
    void keysThatSqlDoesNotTellApartAreColumnsOfTheirOwn() {
        String file = write("a.ndjson", """
                {"id": 1, "ID": 2, "": 3, "id_1": 4, "unnamed": 5, "a\\u0000b": 6, "s": {"": 7, "x": 8}}
                {"Id": 9, "ID": 10}
                """);
        NdjsonInput input = new NdjsonInput(List.of(file), Map.of("ID", "VARCHAR"));

        assertThat(read(input, "id", "ID_1", "unnamed", "id_1_1", "unnamed_1", "a\ufffdb", "s", "Id_2"))
                .containsExactly("1|2|3|4|5|6|{\"\": 7, \"x\": 8}|NULL", "NULL|10|NULL|NULL|NULL|NULL|NULL|9");
        assertThat(types(input, "id", "ID_1")).isEqualTo(Map.of("id", "BIGINT", "ID_1", "VARCHAR"));
        assertThatThrownBy(() ->
                        read(new NdjsonInput(List.of(write("b.ndjson", "{\"nightshift_row\": 1}")), Map.of()), "a"))
                .hasMessageContaining("names that begin with nightshift_ are Nightshift's own");
    }

    @Test
    void whatDuckDbWouldDropOrReplaceIsQuarantined() {
        String file = write("a.ndjson", """
                {"s": {"x": 1}, "t": "a", "j": [1]}
                {"s": {"x": 1, "x": 2}, "t": "a", "j": {}}
                {"s": {"x": 1}, "t": "\\ud800", "j": {}}
                {"s": {"x": 1}, "t": "a", "j": [{"y": 1, "y": 1}]}
                {"s": {"x": 1}, "t": "\\ud83d\\ude00", "j": "\\udc00"}
                {"s": {"x": 1, "y": {"z": ["\\ud800x"]}}, "t": "a", "j": 1}
                {"s": {"x": 1, "\\udc00": 2}, "t": "a", "j": 1}
                {"s": {"x": 1, "y": {"z": 1, "z": 2}}, "t": "\\ud83d\\ude00", "j": {"a": {"y": 1}, "b": {"y": 1}}}
                """);
        NdjsonInput input =
                new NdjsonInput(List.of(file), Map.of("s", "STRUCT(\"x\" BIGINT)", "t", "VARCHAR", "j", "JSON"));

        assertThat(read(input, "s", "t", "j"))
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("{'x': 1}|a|[1]"),
                        twice -> assertThat(twice).startsWith("column \"s\" has an object with the key \"x\" twice @ "),
                        half -> assertThat(half).startsWith("column \"t\" has half of a surrogate pair @ "),
                        below -> assertThat(below).startsWith("column \"j\" has an object with the key \"y\" twice @ "),
                        json -> assertThat(json).startsWith("column \"j\" has half of a surrogate pair @ "),
                        ignored -> assertThat(ignored).startsWith("column \"s\" has half of a surrogate pair @ "),
                        key -> assertThat(key).startsWith("it is not JSON: Unexpected low surrogate in field name"),
                        last -> assertThat(last)
                                .isEqualTo("{'x': 1}|\ud83d\ude00|{\"a\": {\"y\": 1}, \"b\": {\"y\": 1}}"));
    }

    @Test
    void aRecordThatLooksLikeUtf16OrUtf32IsNoJson() {
        String file = write("a.ndjson", "{\"id\": 1}\n-\0\0\0{\"id\"\n{\0\"\0i\0d\0\n{\"id\": 2}\n");

        assertThat(read(new NdjsonInput(List.of(file), Map.of("id", "BIGINT")), "id"))
                .satisfiesExactly(
                        first -> assertThat(first).isEqualTo("1"),
                        utf32 -> assertThat(utf32).startsWith("it is not JSON").contains("line 2"),
                        utf16 -> assertThat(utf16).startsWith("it is not JSON").contains("line 3"),
                        last -> assertThat(last).isEqualTo("2"));
    }

    @Test
    void typesOfJsonAreDetected() {
        String file = write("a.ndjson", """
                {"a": 1, "b": {"c": 1.5, "d": ["x"]}, "e": "2026-01-01", "f": 1}
                {"a": 2, "b": {"c": 2, "g": true}, "e": null, "f": {}}
                """);

        assertThat(types(new NdjsonInput(List.of(file), Map.of()), "a", "b", "e", "f"))
                .isEqualTo(Map.of(
                        "a",
                        "BIGINT",
                        "b",
                        "STRUCT(\"c\" DOUBLE, \"d\" VARCHAR[], \"g\" BOOLEAN)",
                        "e",
                        "DATE",
                        "f",
                        "JSON"));
    }

    @Test
    void simpleObjectsAreReadAsAParserReadsThem() throws IOException {
        Random random = new Random(5);
        String characters = "{}\"\":,,12e.-+ \\ntrufalse\täé";
        String[] parts = {"{\"a\":", "\"b\":", "1", "-2.5", "\"x\"", ",", "}", "true", "null", " ", "\"a\":", "[1]"};
        for (int i = 0; i < 5_000 * TRIES; i++) {
            StringBuilder line = new StringBuilder("{\"a\":1,");
            for (int k = random.nextInt(8); k >= 0; k--) {
                line.append(
                        random.nextInt(5) > 0
                                ? parts[random.nextInt(parts.length)]
                                : String.valueOf(characters.charAt(random.nextInt(characters.length()))));
            }
            byte[] bytes =
                    line.append(random.nextBoolean() ? "}" : "").toString().getBytes(StandardCharsets.UTF_8);
            assertThat(taken(bytes, false)).as(line.toString()).isEqualTo(taken(bytes, true));
        }
    }

    /// @param slowly whether the object is made one that is not simple, but has the same values
    private static String taken(byte[] line, boolean slowly) throws IOException {
        Encoding utf8 = Encoding.of("utf-8");
        NumberReader numbers = new NumberReader(".", null);
        JsonRecords json = new JsonRecords(List.of(
                new JsonRecords.Target("a", "BIGINT", true, ValueColumn.of("BIGINT", "BIGINT", false, numbers, utf8)),
                new JsonRecords.Target(
                        "b", "VARCHAR", true, ValueColumn.of("VARCHAR", "VARCHAR", false, numbers, utf8))));
        json.parsesAll(slowly);
        try (LineRecords records = new LineRecords(new ByteWindow(new ByteArrayInputStream(line), 0), 1)) {
            if (!records.next(true)) {
                return "none";
            }
            String wrong = json.take(records, 0);
            return records.fault() + " " + wrong;
        }
    }
}
