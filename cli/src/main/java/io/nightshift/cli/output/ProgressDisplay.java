package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchId;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/// Shows the progress of a batch. For one thread, except [#end], which any thread may call, also twice.
public sealed interface ProgressDisplay {

    void begin(BatchId batch, boolean resumed);

    void show(BatchDescription status);

    void end();

    /// The time to wait between two calls of [#show].
    Duration interval();

    /// A bar on a terminal, lines elsewhere.
    static ProgressDisplay of(boolean people, PrintWriter out) {
        return people && Terminal.ofProcess().canMove() ? new Bar(out) : new Lines(out, System::nanoTime);
    }

    private static String opening(BatchId batch, boolean resumed) {
        return resumed ? "Resuming batch " + batch : "Batch " + batch;
    }

    private static String details(BatchDescription status) {
        return "%,d/%,d partitions, %,d quarantined"
                .formatted(status.committed(), status.partitions(), status.quarantined());
    }

    /// A live bar; [ProgressLine] is its text.
    final class Bar implements ProgressDisplay {
        private final PrintWriter out;
        private final ProgressMeter meter = new ProgressMeter();
        private final Symbols symbols = Symbols.ofTerminal();
        private volatile @Nullable ProgressLine line;
        private volatile @Nullable ProgressBar bar;

        Bar(PrintWriter out) {
            this.out = out;
        }

        @Override
        public void begin(BatchId batch, boolean resumed) {
            out.println(opening(batch, resumed));
            out.flush();
        }

        @Override
        public void show(BatchDescription status) {
            if (status.rows() == 0) {
                return;
            }
            long now = System.nanoTime();
            meter.update(status, now);
            line = new ProgressLine(
                    status,
                    meter.elapsed(now),
                    meter.rowsPerSecond(status, now),
                    symbols,
                    Clock.systemUTC().instant());
            ProgressBar shown = bar;
            if (shown == null) {
                shown = new ProgressBarBuilder()
                        .setTaskName("Scoring")
                        .setInitialMax(status.rows())
                        .setUpdateIntervalMillis(100)
                        .setRenderer((state, width) -> text(width))
                        .continuousUpdate()
                        .build();
                bar = shown;
            }
            shown.stepTo(Math.min(status.rowsDone(), status.rows()));
        }

        /// Called on a thread of the progress bar.
        private String text(int width) {
            ProgressLine shown = line;
            return shown == null ? "" : shown.text(width);
        }

        @Override
        public void end() {
            ProgressBar shown = bar;
            if (shown != null) {
                bar = null;
                shown.close();
            }
        }

        @Override
        public Duration interval() {
            return Duration.ofMillis(50);
        }
    }

    /// A plain line every few seconds, for logs.
    final class Lines implements ProgressDisplay {
        private static final long EVERY = Duration.ofSeconds(5).toNanos();

        private final PrintWriter out;
        private final LongSupplier clock;
        private final ProgressMeter meter = new ProgressMeter();
        private long said;

        /// @param clock in nanoseconds
        Lines(PrintWriter out, LongSupplier clock) {
            this.out = out;
            this.clock = clock;
            this.said = clock.getAsLong();
        }

        @Override
        public void begin(BatchId batch, boolean resumed) {
            out.println(opening(batch, resumed));
            out.flush();
        }

        @Override
        public void show(BatchDescription status) {
            long now = clock.getAsLong();
            meter.update(status, now);
            if (status.rows() == 0 || now - said < EVERY) {
                return;
            }
            said = now;
            double rate = meter.rowsPerSecond(status, now).orElse(0);
            String forecast = TimingText.left(status, Clock.systemUTC().instant());
            String measured =
                    rate > 0 ? ", %d s left".formatted(Math.round((status.rows() - status.rowsDone()) / rate)) : "";
            String left = forecast == null ? measured : ", " + forecast;
            out.println(String.format(
                    Locale.ROOT,
                    "%,d of %,d rows (%d %%), %,.0f rows/s, %s%s",
                    status.rowsDone(),
                    status.rows(),
                    100 * status.rowsDone() / status.rows(),
                    rate,
                    details(status),
                    left));
            out.flush();
        }

        @Override
        public void end() {}

        @Override
        public Duration interval() {
            return Duration.ofMillis(20);
        }
    }
}
