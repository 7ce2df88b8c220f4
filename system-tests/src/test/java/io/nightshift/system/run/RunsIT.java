package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of a job with a parameter: the flights of one day.
final class RunsIT {

    private static final String FIRST = "2001-01-03";
    private static final String SECOND = "2001-01-04";
    private static final String EMPTY = "1999-12-31";

    @TempDir
    private Path folder;

    private FlightsJob job;

    @BeforeEach
    void write() throws Exception {
        job = FlightsJob.on(
                folder, "SELECT * FROM flights WHERE date >= '2001-01-03' AND date < '2001-01-05' LIMIT 3000");
        job.edit("source:\n", "parameters:\n  day: date\nsource:\n  on-empty: fail\n  where: date::DATE = {day}\n");
    }

    private CommandResult run(String day) throws Exception {
        return InProcess.run(job, "--param", "day=" + day);
    }

    private CommandResult batch(String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "batch";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--home";
        all[arguments.length + 2] = job.home().toString();
        return CommandResult.of(Main.commandLine(all), all);
    }

    @Test
    void eachDayHasItsOwnBatch() throws Exception {
        JsonNode failed = run(EMPTY).expect(1).json();
        JsonNode first = run(FIRST).expect(0).json();
        JsonNode second = run(SECOND).expect(0).json();
        JsonNode again = run(FIRST).expect(0).json();
        JsonNode resumed = run(EMPTY).expect(1).json();

        assertThat(first.get("resumed").asBoolean())
                .as("a failed day blocks no other")
                .isFalse();
        assertThat(first.get("predictions").asInt()).isPositive();
        assertThat(second.get("batch")).isNotEqualTo(first.get("batch"));
        assertThat(again.get("already_published").asBoolean()).isTrue();
        assertThat(again.get("batch")).isEqualTo(first.get("batch"));
        assertThat(resumed.get("resumed").asBoolean()).isTrue();
        assertThat(resumed.get("batch")).isEqualTo(failed.get("batch"));
        assertThat(job.published()).hasSize(2);

        JsonNode manifest = new ObjectMapper()
                .readTree(Files.readString(
                        Path.of(first.get("destination").asText()).resolve("_manifest.json")));
        assertThat(manifest.at("/parameters/day").asText()).isEqualTo(FIRST);
        String batch = first.get("batch").asText();
        batch("verify", batch).expect(0);
        assertThat(batch("show", batch).expect(0).out()).contains("run          day=" + FIRST);
        assertThat(batch("events", batch).expect(0).out()).contains("job flights day=" + FIRST);
        assertThat(batch("list").expect(0).out())
                .contains("RUN")
                .containsPattern("failed .*|day=" + EMPTY)
                .contains("day=" + SECOND);
        assertThat(batch("show", batch, "-o", "json")
                        .expect(0)
                        .json()
                        .at("/parameters/day")
                        .asText())
                .isEqualTo(FIRST);
    }

    @Test
    void theColumnsOfTheOutputHaveAVersion() throws Exception {
        job.edit("output:\n", """
                output:
                  labels: {0: punctual, 1: late}
                  top-classes: 1
                  decisions: {alert: {threshold: 0.9, by: origin, thresholds: {ATL: 0.1}}}
                  constants: {day: "{day}"}
                  rename: {probability: risk}
                """);
        JsonNode first = run(FIRST).expect(0).json();
        batch("verify", first.get("batch").asText()).expect(0);
        JsonNode manifest = new ObjectMapper()
                .readTree(Files.readString(
                        Path.of(first.get("destination").asText()).resolve("_manifest.json")));
        assertThat(manifest.get("schema_version").asInt()).isEqualTo(1);
        assertThat(manifest.get("schema"))
                .extracting(column ->
                        column.get("name").asText() + " " + column.get("type").asText())
                .contains("prediction VARCHAR", "risk DOUBLE", "class_1 VARCHAR", "alert BOOLEAN", "day DATE");

        job.edit("  rename: {probability: risk}\n", "");
        run(SECOND).expect(2, "risk is removed (DOUBLE)", "write destination.schema: new");
        assertThat(schema("diff").expect(1).out())
                .contains("risk", "removed", "probability", "added", "Version 1 of", "becomes version 2");

        job.edit("constants: {", "rename: {probability: risk}\n  constants: {release: 2, ");
        assertThat(schema("diff").expect(0).out()).contains("release  added");
        JsonNode second = run(SECOND).expect(0).json();
        assertThat(Files.readString(Path.of(second.get("destination").asText()).resolve("_manifest.json")))
                .contains("\"schema_version\" : 2");
    }

    private CommandResult schema(String command) {
        return CommandResult.of(
                Main.commandLine(),
                "schema",
                command,
                job.file().toString(),
                "--param",
                "day=" + SECOND,
                "--home",
                job.home().toString());
    }

    @Test
    void aRunThatWasOpenedWithAnotherJobFileNamesItsValues() throws Exception {
        run(EMPTY).expect(1);

        InProcess.run(job, "--param", "day=" + EMPTY, "--set", "partitions.rows=1000")
                .expect(2, "of this run (day=" + EMPTY + ") is open, but its job file has changed");
    }

    @Test
    void aJobWithoutTheValueOfItsParameterIsRefused() {
        CommandResult.of(
                        Main.commandLine(),
                        "plan",
                        job.file().toString(),
                        "--home",
                        job.home().toString())
                .expect(2, "parameters.day: no value; expected a date such as 2026-11-25: --param day=VALUE");
        CommandResult.of(
                        Main.commandLine(),
                        "plan",
                        job.file().toString(),
                        "--param",
                        "dya=2001-01-03",
                        "--home",
                        job.home().toString())
                .expect(2, "--param: dya: unknown parameter; did you mean \"day\"?");
    }
}
