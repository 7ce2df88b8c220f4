package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProgressTest {

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
        progress.show(new BatchStatus(BATCH, Phase.SUBMITTED, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null, 0, "00"));

        assertThat(text.toString()).isEmpty();
    }

    private static BatchStatus status(long rowsDone) {
        return new BatchStatus(
                BATCH,
                Phase.RUNNING,
                1,
                1_000_000,
                rowsDone,
                10,
                4,
                2,
                rowsDone,
                rowsDone,
                7,
                0,
                0,
                null,
                null,
                0,
                "00");
    }
}
