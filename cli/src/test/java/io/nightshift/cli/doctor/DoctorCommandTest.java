package io.nightshift.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command `doctor` without a database.
final class DoctorCommandTest {

    @TempDir
    private Path folder;

    private CommandResult doctor(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("doctor", "--home", folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        return CommandResult.of(Main.commandLine("doctor"), arguments.toArray(String[]::new));
    }

    @Test
    void eachThingHasALineAndNothingIsMade() {
        CommandResult end = doctor().expect(0);

        assertThat(end.out())
                .contains("java ", "memory ", "duckdb ", "onnx runtime ", "home folder ", "configuration ", "ledger ")
                .contains("No problem was found.");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aMistakeInTheConfigurationIsAProblem() throws IOException {
        Path file = Files.writeString(folder.resolve("nightshift.conf"), "nightshift { node.prot = 1 }");

        CommandResult end = doctor("--config", file.toString(), "-o", "json").expect(1);

        JsonNode json = end.json();
        assertThat(json.get("fine").asBoolean()).isFalse();
        assertThat(json.get("checks")).anySatisfy(check -> {
            assertThat(check.get("what").asText()).isEqualTo("configuration");
            assertThat(check.get("outcome").asText()).isEqualTo("problem");
            assertThat(check.get("detail").asText()).contains("prot");
        });
    }

    @Test
    void aJobIsExaminedToo() throws IOException {
        FlightsJob job = FlightsJob.in(folder.resolve("job"));

        assertThat(doctor("--job", job.file().toString()).expect(0).out())
                .contains("destination ", "job ", "flights can run");
        job.edit("model: ", "model: missing-");
        assertThat(doctor("--job", job.file().toString()).expect(1).out()).contains("1 problem was found.");
    }

    @Test
    void aHomeThatCannotBeMadeIsAProblem() throws IOException {
        Files.createFile(folder.resolve("home"));

        assertThat(doctor().expect(1).out()).contains("home can't be written", "problem was found");
    }
}
