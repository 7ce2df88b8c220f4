package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `plan`, for a job that has no published batch.
final class PlanTest {

    @TempDir
    private Path folder;

    @Test
    void aPlanSaysInASentenceWhatARunWouldDoAndTouchesNothing() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Set<String> before = job.files();

        CommandResult end = plan(job, job.home());

        assertThat(end.expect(0).out())
                .startsWith("Run once, by hand, processing 300,000 rows from %s writing to %s"
                        .formatted(FlightsJob.example().resolve("flights.parquet"), job.predictions()))
                .containsPattern("partitions +\\d+ \\(")
                .containsPattern("memory +\\d+ MB \\(")
                .contains("duration    unknown: no batch of this job has been published here");
        assertThat(end.err()).isEmpty();
        assertThat(job.files()).isEqualTo(before);
    }

    @Test
    void aPlanWithAConditionCountsAllRowsAndSaysTheCondition() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("source:", "source:\n  where: distance > 500");

        assertThat(plan(job, job.home()).expect(0).out()).contains("where distance > 500", "300,000 rows");
    }

    @Test
    void aPlanByAKeyDrawsTheSizeOfEachPartitionValue() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("partitions:", "partitions:\n  by: date\n  every: 1mo");

        assertThat(plan(job, job.home()).expect(0).out())
                .containsPattern("partitions +\\d+ \\(every 1mo of date in UTC; ")
                .containsPattern("\\d{4}-\\d\\d +[\\d,]+ rows +[█#]+")
                .containsPattern("memory +.*; planning counts the partition key of all rows in \\d+ MB");
    }

    @Test
    void aPlanOfChangedRowsSaysWhatTheirComparisonNeeds() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("source:", "incremental: {changed: [distance, date]}\nsource:\n  id: distance");

        assertThat(plan(job, job.home()).expect(0).out())
                .contains("incremental of these, the rows whose distance, date have changed since a batch scored them")
                .contains("; planning compares all rows in up to 11 MB, and DuckDB spills what does not fit");
    }

    @Test
    void aPlanNeedsNoHome() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Path file = Files.createFile(folder.resolve("no folder"));

        plan(job, file.resolve("home")).expect(0);
    }

    @Test
    void aDestinationThatCannotBeWrittenIsRefusedAndNothingIsPlanned() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Path file = Files.createFile(folder.resolve("no folder"));
        Path destination = file.resolve("predictions");
        Set<String> before = job.files();

        CommandResult end = CommandResult.of(
                Main.commandLine(),
                "plan",
                job.file().toString(),
                "--set",
                "destination.parquet=" + destination,
                "--home",
                job.home().toString());

        end.expect(2, "the destination %s can't be made: %s is a file, not a folder".formatted(destination, file));
        assertThat(end.out()).isEmpty();
        assertThat(job.files()).isEqualTo(before);
    }

    private static CommandResult plan(FlightsJob job, Path home) {
        return CommandResult.of(Main.commandLine(), "plan", job.file().toString(), "--home", home.toString());
    }
}
