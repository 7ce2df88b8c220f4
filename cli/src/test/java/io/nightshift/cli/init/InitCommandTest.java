package io.nightshift.cli.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The command `init`, on flights and the example's model.
final class InitCommandTest {

    private static final String MODEL =
            FlightsJob.example().resolve("flights.ubj").toString();

    /// All features of the model under names of their own, and an ID.
    private static final String READY = """
            SELECT 'F' || row_number() OVER () AS flight_id, date, month(date) AS "Month", day(date) AS day,
                   dayofweek(date) AS weekday, hour(date) AS hour, minute(date) AS minute, 7 AS "origin code",
                   8 AS "destination-code", distance
            FROM flights LIMIT 500
            """;

    @TempDir
    private Path folder;

    private Path data;
    private Path file;

    @BeforeEach
    void place() {
        data = folder.resolve("own.parquet");
        file = folder.resolve("jobs/job.yaml");
    }

    private void write(String query) throws Exception {
        new FlightsJob(folder).write(query);
        Files.createDirectories(file.getParent());
    }

    private CommandResult init(String... more) {
        return run(Main.commandLine("init"), "init", more);
    }

    private CommandResult run(CommandLine program, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--home", folder.resolve("home").toString()));
        return CommandResult.of(program, arguments.toArray(String[]::new));
    }

    private String[] options(String... more) {
        List<String> options =
                new ArrayList<>(List.of("--data", data.toString(), "--model", MODEL, "--file", file.toString()));
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    @Test
    void theJobFileCanRunAtOnce() throws Exception {
        write(READY);

        CommandResult end = init(options()).expect(0);

        assertThat(end.out())
                .contains(
                        "500 rows, 10 columns",
                        "gbtree, binary, 8 features",
                        "flight_id (distinct in the first 500 rows)")
                .containsPattern("month +Month\n")
                .contains("Wrote " + file);
        assertThat(Files.readString(file))
                .contains("id: flight_id", "month: \"\\\"Month\\\"\"", "parquet: " + data, "parquet: predictions");
        run(Main.commandLine(), "plan", file.toString()).expect(0);
    }

    /// The same rows in another format, read by another reader.
    @Test
    void everyFormatOfFilesCanBeTheSource() throws Exception {
        write(READY);
        Path csv = folder.resolve("own.csv");
        Path semicolons = folder.resolve("exports/own.csv");
        Path ndjson = folder.resolve("own.jsonl");
        Files.createDirectories(semicolons.getParent());
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement()) {
            statement.execute("CREATE TABLE own AS SELECT * FROM '%s'".formatted(data));
            statement.execute("COPY own TO '%s' (HEADER)".formatted(csv));
            statement.execute("COPY own TO '%s' (HEADER, DELIMITER ';')".formatted(semicolons));
            statement.execute("COPY own TO '%s' (FORMAT json)".formatted(ndjson));
        }

        for (Path each : List.of(csv, semicolons.getParent(), ndjson)) {
            CommandResult end = init("--data", each.toString(), "--model", MODEL, "--file", file.toString(), "--force")
                    .expect(0);

            assertThat(end.out()).contains("500 rows, 10 columns", "flight_id (distinct in the first 500 rows)");
            run(Main.commandLine(), "plan", file.toString()).expect(0);
        }
        assertThat(Files.readString(file)).contains("  # NDJSON files, folders and globs.\n  ndjson: " + ndjson);
    }

    @Test
    void dataOfSeveralKindsOrOfNoneAreRefused() throws Exception {
        write(READY);
        Path text = Files.writeString(folder.resolve("rows.txt"), "a,b\n1,2\n");
        Path csv = Files.writeString(folder.resolve("rows.csv"), "a,b\n1,2\n");

        init("--data", text.toString(), "--model", MODEL, "--file", file.toString())
                .expect(2, "the name of %s does not say what it is; write csv:%s".formatted(text, text));
        init(options("--data", csv.toString())).expect(2, "one kind of source, and this is Parquet and CSV");
        init("--data", "postgres:crm", "--model", MODEL, "--file", file.toString())
                .expect(2, "expected postgres:DATA_SOURCE/TABLE");
        init("--data", "iceberg:lake/customers", "--model", MODEL, "--file", file.toString())
                .expect(2, "expected iceberg:CATALOG/NAMESPACE.TABLE, such as iceberg:lake/sales.customers");
        init("--data", "iceberg:lake/sales.customers", "--model", MODEL, "--file", file.toString())
                .expect(2, "lake");
        Path log = Files.createDirectories(folder.resolve("customers/_delta_log"));
        init("--data", log.getParent().toString(), "--model", MODEL, "--file", file.toString())
                .expect(2, "source.delta: there is no Delta table " + log.getParent());
        init("--data", "mariadb:crm/customers", "--model", MODEL, "--file", file.toString())
                .expect(2, "source.mariadb.data-source: there is no data source \"crm\"");
        assertThat(file).doesNotExist();
    }

    @Test
    void featuresWithoutAColumnAreReportedAndHaveAPlaceInTheFile() throws Exception {
        write("SELECT date, origin, destination, distance FROM flights LIMIT 500");

        CommandResult end = init(options()).expect(1);

        assertThat(end.out())
                .containsPattern("month +none: there is no column of this name. Maybe month\\(date\\)")
                .contains("7 of 8 features have no column. Complete the job file");
        assertThat(Files.readString(file))
                .contains(
                        "    # month: month(date)\n", "    # origin_code: EXPRESSION\n", "#   columns: [date, origin");
        assertThat(run(Main.commandLine(), "plan", file.toString()).expect(2).err())
                .as("the features, not the part of the file that lacks an entry")
                .contains(
                        "the model's features: month, day, weekday, hour, minute, origin_code",
                        "are neither columns of")
                .doesNotContain("select: nothing");
    }

    @Test
    void aFileWithoutComputedColumnsNeedsOnlyItsCommentsRemoved() throws Exception {
        write(READY.replace("\"Month\"", "monat")
                .replace("\"origin code\"", "origin_code")
                .replace("\"destination-code\"", "destination_code"));
        init(options()).expect(1);
        run(Main.commandLine(), "plan", file.toString()).expect(2, "month");

        String text = Files.readString(file);
        Files.writeString(
                file,
                text.replace("  # select:\n", "  select:\n")
                        .replaceAll("    # month: (?!there).*", "    month: monat"));

        run(Main.commandLine(), "plan", file.toString()).expect(0);
    }

    @Test
    void aFileThatExistsIsKeptUnlessForced() throws Exception {
        write(READY);
        Files.writeString(file, "mine");

        init(options()).expect(2, "job.yaml exists already", "--force");
        assertThat(file).hasContent("mine");
        init(options("--force")).expect(0);
        assertThat(Files.readString(file)).startsWith("# A job for Nightshift");
    }

    @Test
    void withoutATerminalMissingOptionsAreNamed() throws Exception {
        write(READY);

        init("--data", data.toString(), "--file", file.toString()).expect(2, "The option --model is missing");
        init("--model", MODEL, "--file", file.toString()).expect(2, "The option --data is missing");
        assertThat(file).doesNotExist();
    }

    @Test
    void onATerminalItAsksForWhatIsMissing() throws Exception {
        write(READY);
        List<String> questions = new ArrayList<>();
        Deque<String> answers = new ArrayDeque<>(List.of(data.toString(), MODEL));
        CommandLine command = new CommandLine(new InitCommand((question, suggestion) -> {
            questions.add(question);
            return answers.isEmpty() ? suggestion : answers.pop();
        }));

        CommandResult.of(
                        command,
                        "--file",
                        file.toString(),
                        "--home",
                        folder.resolve("home").toString())
                .expect(0);

        assertThat(questions).hasSize(3).last().asString().startsWith("Column that identifies a row");
        assertThat(Files.readString(file)).contains("id: flight_id");
    }

    @Test
    void anEndOfTheInputWritesNothing() throws Exception {
        write(READY);
        CommandLine command = new CommandLine(new InitCommand((question, suggestion) -> null));
        command.setExecutionExceptionHandler((problem, line, parsed) -> {
            line.getErr().println(problem.getMessage());
            return 2;
        });

        CommandResult.of(command, "--file", file.toString()).expect(2, "nothing is written");
        assertThat(file).doesNotExist();
    }

    @Test
    void whatCannotBeUsedIsNamedAndNothingIsWritten() throws Exception {
        write(READY);

        init(options("--id", "flight_ids")).expect(2, "there is no column flight_ids", "did you mean flight_id?");
        init(options("--name", "No Name")).expect(2, "job");
        init(options("--destination", "postgres:nowhere/t")).expect(2, "there is no data source \"nowhere\"");
        init("--data", folder.resolve("none.parquet").toString(), "--model", MODEL, "--file", file.toString())
                .expect(2, "none.parquet");
        init("--data", data.toString(), "--model", "Not A Model", "--file", file.toString())
                .expect(2, "--model: expected a model file, a registered model");
        assertThat(file).doesNotExist();
    }
}
