package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A source without rows, and a `where` that lets nothing through: both are an empty batch.
final class EmptyBatchIT {

    @TempDir
    private Path folder;

    @Test
    void aSourceWithoutRowsIsPublishedAsAnEmptyBatchAndVerified() throws Exception {
        publishesAnEmptyBatch(FlightsJob.on(folder, "SELECT * FROM flights LIMIT 0"), "the source has no rows");
    }

    @Test
    void aConditionThatLetsNothingThroughGivesAnEmptyBatch() throws Exception {
        publishesAnEmptyBatch(
                FlightsJob.on(folder, "SELECT * FROM flights LIMIT 3000"),
                "none of the 3,000 rows meets source.where",
                "--set",
                "source.where=distance < 0");
    }

    private static void publishesAnEmptyBatch(FlightsJob job, String sentence, String... more) throws Exception {
        List<String> run = new ArrayList<>(
                List.of("run", job.file().toString(), "--home", job.home().toString()));
        run.addAll(List.of(more));
        CommandResult end = InProcess.run(run.toArray(String[]::new));

        end.expect(0);
        assertThat(end.out())
                .contains("Published 0 predictions in ")
                .contains("The batch is empty: " + sentence + ". With source.on-empty: fail, the job refuses that.");
        String home = job.home().toString();
        CommandResult verified = CommandResult.of(Main.commandLine(), "batch", "verify", "latest", "--home", home);
        verified.expect(0);
        CommandResult shown =
                CommandResult.of(Main.commandLine(), "batch", "show", "latest", "--home", home, "-o", "json");
        JsonNode batch = shown.expect(0).json();
        assertThat(batch.get("predictions").asInt()).isZero();
        assertThat(Path.of(batch.get("destination").asText()).resolve("part-000000.parquet"))
                .as("a part with the columns of every batch, so that queries over part-* work")
                .isNotEmptyFile();
    }

    @Test
    void aJobThatForbidsAnEmptyBatchFailsInBothCases() throws Exception {
        FlightsJob empty = FlightsJob.on(folder.resolve("empty"), "SELECT * FROM flights LIMIT 0");
        InProcess.run(empty, "--set", "source.on-empty=fail")
                .expect(2, "there is not a single row in ", "the job says source.on-empty: fail");
        assertThat(CommandResult.of(
                                Main.commandLine(),
                                "plan",
                                empty.file().toString(),
                                "--home",
                                empty.home().toString(),
                                "--set",
                                "source.on-empty=fail")
                        .err())
                .contains("there is not a single row in ");

        FlightsJob filtered = FlightsJob.on(folder.resolve("filtered"), "SELECT * FROM flights LIMIT 3000");
        String[] options = {"--set", "source.on-empty=fail", "--set", "source.where=distance < 0"};
        InProcess.run(filtered, options)
                .expect(1, "none of the 3,000 rows meets source.where, and the job says source.on-empty: fail");
        InProcess.run(filtered, options).expect(1, "source.on-empty: fail");
        assertThat(filtered.published()).isEmpty();
    }
}
