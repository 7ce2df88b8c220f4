package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.protocol.batch.BatchId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProgressTest {

    private static final Instant NOW = Instant.parse("2026-11-25T02:00:00Z");
    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");

    @Test
    void withoutATerminalThereIsALineEveryFewSecondsAndNotMore() {
        StringWriter text = new StringWriter();
        AtomicLong clock = new AtomicLong();
        ProgressDisplay progress = new ProgressDisplay.Lines(new PrintWriter(text), clock::get);

        progress.begin(BATCH, true);
        for (int tenth = 0; tenth <= 120; tenth++) {
            clock.set(TimeUnit.MILLISECONDS.toNanos(100L * tenth));
            progress.show(status(200_000 + 5_000L * tenth));
        }
        progress.end();

        assertThat(text.toString().lines())
                .containsExactly(
                        "Resuming batch flights-20261124t231425-3f9a",
                        "450,000 of 1,000,000 rows (45 %), 50,000 rows/s, 4/10 partitions, 7 quarantined, 11 s left",
                        "700,000 of 1,000,000 rows (70 %), 50,000 rows/s, 4/10 partitions, 7 quarantined, 6 s left");
    }

    @Test
    void noRowsAreReportedBeforeTheyAreCounted() {
        StringWriter text = new StringWriter();
        AtomicLong clock = new AtomicLong();
        ProgressDisplay progress = new ProgressDisplay.Lines(new PrintWriter(text), clock::get);

        clock.set(TimeUnit.MINUTES.toNanos(1));
        progress.show(status(0, 0, "submitted"));

        assertThat(text.toString()).isEmpty();
    }

    @Test
    void aFinishedBarOfSixtyColumnsHasRowsTimeAndRate() {
        BatchDescription finished = status(2_000_000, 2_000_000, "published");
        ProgressLine line = new ProgressLine(
                finished, Duration.ofMillis(12_340), OptionalDouble.of(162_074.5), new Symbols(false), NOW);

        assertThat(line.text(60)).isEqualTo("100% ████████████████ 2,000,000 rows, 162,075 rows/s, 12.3 s");
        assertThat(line.text(120))
                .isEqualTo(
                        "100% ██████████████████████████████ 2,000,000 rows, 162,075 rows/s, 12.3 s, 4/10 partitions, 7 quarantined");
    }

    @Test
    void aBarNeverExceedsTheTerminal() {
        BatchDescription large = status(12_345_678_901L, 1_234_567_890L, "running");
        ProgressLine line =
                new ProgressLine(large, Duration.ofHours(30), OptionalDouble.of(1_234_567), new Symbols(true), NOW);

        for (int width = 0; width < 200; width++) {
            assertThat(line.text(width).length()).as("of %d columns", width).isLessThanOrEqualTo(width);
        }
        assertThat(line.text(60)).isEqualTo("  9% 1,234,567,890/12,345,678,901 rows, 1,234,567 rows/s");
    }

    @Test
    void aRunningBarHasTheTimeLeftAndAPausedOneSaysSo() {
        ProgressLine running = new ProgressLine(
                status(2_000_000, 500_000, "running"),
                Duration.ofSeconds(5),
                OptionalDouble.of(100_000),
                new Symbols(true),
                NOW);
        ProgressLine paused = new ProgressLine(
                status(2_000_000, 500_000, "paused"),
                Duration.ofSeconds(5),
                OptionalDouble.empty(),
                new Symbols(true),
                NOW);

        assertThat(running.text(70))
                .isEqualTo(" 25% ###............ 500,000/2,000,000 rows, 100,000 rows/s, 15 s left");
        assertThat(paused.text(50)).isEqualTo(" 25% ###........... 500,000/2,000,000 rows, paused");
    }

    @Test
    void rowsOfEarlierRunsAreNoThroughput() {
        ProgressMeter meter = new ProgressMeter();
        BatchDescription resumed = status(1_000_000, 900_000, "running");
        meter.update(resumed, TimeUnit.SECONDS.toNanos(7));

        assertThat(meter.rowsPerSecond(resumed, TimeUnit.SECONDS.toNanos(8))).isEmpty();
        assertThat(meter.rowsPerSecond(status(1_000_000, 950_000, "running"), TimeUnit.SECONDS.toNanos(17)))
                .hasValue(5_000);
        assertThat(meter.rowsPerSecond(status(1_000_000, 850_000, "running"), TimeUnit.SECONDS.toNanos(17)))
                .as("a failed attempt took its rows back")
                .isEmpty();
    }

    private static BatchDescription status(long rowsDone) {
        return status(1_000_000, rowsDone, "running");
    }

    private static BatchDescription status(long rows, long rowsDone, String state) {
        return BatchDescriptionBuilder.builder()
                .batch(BATCH.value())
                .state(state)
                .incarnation(1)
                .rows(rows)
                .partitions(10)
                .committed(4)
                .read(rowsDone)
                .predictions(rowsDone)
                .quarantined(7)
                .progress(new BatchDescription.Progress(rowsDone, 2, 0, false))
                .build();
    }
}
