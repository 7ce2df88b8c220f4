package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a run has used of the machine, and what that cost.
final class CostIT {

    private static final String PRICES =
            "nightshift.cost { currency = EUR, core-hour = 3600, gib-read = 1, gib-written = 2 }";

    @TempDir
    private Path folder;

    private FlightsJob job;

    @BeforeEach
    void write() throws Exception {
        job = FlightsJob.in(folder);
        Files.createDirectories(job.home());
        Files.writeString(job.home().resolve("nightshift.conf"), PRICES);
    }

    private CommandResult show(String... more) {
        String[] arguments = new String[more.length + 5];
        System.arraycopy(
                new String[] {"batch", "show", "latest", "--home", job.home().toString()}, 0, arguments, 0, 5);
        System.arraycopy(more, 0, arguments, 5, more.length);
        return CommandResult.of(Main.commandLine(arguments), arguments);
    }

    @Test
    void theSummaryAndTheLedgerSayWhatTheRunHasUsedAndWhatThatCost() throws Exception {
        JsonNode run = InProcess.run(job).expect(0).json();
        JsonNode use = run.get("use");

        double threads = use.get("thread_seconds").asDouble();
        assertThat(use.get("processor_seconds").asDouble()).isPositive().isLessThanOrEqualTo(threads + 0.01);
        assertThat(use.get("reading_seconds").asDouble()
                        + use.get("writing_seconds").asDouble())
                .isLessThanOrEqualTo(threads);
        assertThat(use.get("bytes_read").asLong()).isGreaterThan(100_000L);
        long written = use.get("bytes_written").asLong();
        assertThat(use.get("cores").asInt()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(use.get("nodes").asInt()).isEqualTo(1);
        assertThat(use.get("busy").asDouble()).isBetween(0.001, 1.0);
        assertThat(use.at("/discarded/attempts").asInt()).isZero();
        double gib = 1L << 30;
        double cost = threads + use.get("bytes_read").asLong() / gib + 2 * written / gib;
        assertThat(use.at("/cost/total").asDouble()).isCloseTo(cost, within(0.002));
        assertThat(use.at("/cost/per_million").asDouble())
                .isCloseTo(
                        use.at("/cost/total").asDouble()
                                * 1e6
                                / run.get("predictions").asLong(),
                        within(0.001));

        JsonNode shown = show("-o", "json").expect(0).json();
        assertThat(shown.get("use")).as("the ledger says the same").isEqualTo(use);
        assertThat((double) written)
                .as("the state keeps it rounded")
                .isCloseTo(shown.get("bytes").asDouble(), withinPercentage(0.1));
        assertThat(show().expect(0).out())
                .containsPattern(
                        "used +[0-9.]+ s of processor time on scoring threads [(][0-9]+ % of [0-9]+ processors? busy[)], ")
                .containsPattern("cost +[0-9.]+ EUR, [0-9.]+ EUR for each million predictions");
    }

    @Test
    void withoutPricesNothingIsSaidAboutCosts() throws Exception {
        Files.delete(job.home().resolve("nightshift.conf"));

        CommandResult run = InProcess.run(job.run().stream()
                .filter(word -> !word.equals("-o") && !word.equals("json"))
                .toArray(String[]::new));

        assertThat(run.expect(0).out())
                .containsPattern("  used +[0-9.]+ s of processor time")
                .doesNotContain("  cost  ");
        assertThat(show("-o", "json").expect(0).json().at("/use/cost").isMissingNode())
                .isTrue();
    }
}
