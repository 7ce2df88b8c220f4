package io.nightshift.coordinator.forecast;

import io.nightshift.coordinator.timing.TimeWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// How many rows a batch has committed in which part of its active time. Immutable, and of constant size: the
/// active time is divided into at most 16 blocks of equal length, whose length doubles when they are used up.
///
/// Active is the time in which the batch could score: from its plan, and again from each takeover, resumption
/// or retry, until it is paused, fails or is published. The time outside its window does not count.
public final class ProgressCurve {

    static final int BLOCKS = 16;
    private static final double SHORTEST_BLOCK = 1;

    /// Before the batch is planned.
    public static final ProgressCurve EMPTY =
            new ProgressCurve(SHORTEST_BLOCK, new double[BLOCKS], 0, 0, 0, null, false);

    private final double blockSeconds;
    private final double[] blocks;
    private final double seconds;
    private final long rows;
    private final int commits;

    /// Until when the active time is counted; null before the batch is active.
    private final @Nullable Instant last;

    private final boolean active;

    private ProgressCurve(
            double blockSeconds,
            double[] blocks,
            double seconds,
            long rows,
            int commits,
            @Nullable Instant last,
            boolean active) {
        this.blockSeconds = blockSeconds;
        this.blocks = blocks;
        this.seconds = seconds;
        this.rows = rows;
        this.commits = commits;
        this.last = last;
        this.active = active;
    }

    /// The curve of a batch that can score from now on. The time since the last event does not count: nobody
    /// may have coordinated the batch.
    public ProgressCurve begun(Instant at) {
        return new ProgressCurve(blockSeconds, blocks, seconds, rows, commits, at, true);
    }

    /// The curve of a batch that stops scoring.
    ///
    /// @param window outside which time does not count, or null
    public ProgressCurve stopped(Instant at, @Nullable TimeWindow window) {
        ProgressCurve now = at(at, window);
        return new ProgressCurve(now.blockSeconds, now.blocks, now.seconds, now.rows, now.commits, now.last, false);
    }

    /// The curve after commits.
    ///
    /// @param count how many partitions were committed
    /// @param more their rows
    /// @param window outside which time does not count, or null
    public ProgressCurve committed(Instant at, int count, long more, @Nullable TimeWindow window) {
        ProgressCurve now = at(at, window);
        double[] next = now.blocks.clone();
        next[now.block()] += more;
        return new ProgressCurve(
                now.blockSeconds, next, now.seconds, rows + more, commits + count, now.last, now.active);
    }

    /// The curve at a later moment.
    ///
    /// @param window outside which time does not count, or null
    public ProgressCurve at(Instant moment, @Nullable TimeWindow window) {
        if (last == null || !active || !moment.isAfter(last)) {
            return this;
        }
        Duration more = window == null ? Duration.between(last, moment) : window.openTime(last, moment);
        double total = seconds + more.toMillis() / 1e3;
        double length = blockSeconds;
        double[] next = blocks;
        while (total >= BLOCKS * length) {
            double[] merged = new double[BLOCKS];
            for (int i = 0; i < BLOCKS; i++) {
                merged[i / 2] += next[i];
            }
            next = merged;
            length *= 2;
        }
        return new ProgressCurve(length, next, total, rows, commits, moment, true);
    }

    private int block() {
        return Math.min(BLOCKS - 1, (int) (seconds / blockSeconds));
    }

    /// The active time so far, in seconds.
    public double seconds() {
        return seconds;
    }

    /// The rows that were committed in the active time. Rows whose commits were withdrawn count, because they
    /// took time.
    public long rows() {
        return rows;
    }

    /// How many partitions were committed in the active time.
    public int commits() {
        return commits;
    }

    /// Whether the batch is active.
    public boolean isActive() {
        return active;
    }

    /// Until when the active time is counted; null before the batch was active.
    public @Nullable Instant last() {
        return last;
    }

    double blockSeconds() {
        return blockSeconds;
    }

    /// The rows of each block that is over.
    double[] complete() {
        return Arrays.copyOf(blocks, block());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ProgressCurve curve
                && blockSeconds == curve.blockSeconds
                && seconds == curve.seconds
                && rows == curve.rows
                && commits == curve.commits
                && active == curve.active
                && java.util.Objects.equals(last, curve.last)
                && Arrays.equals(blocks, curve.blocks);
    }

    @Override
    public int hashCode() {
        return java.util.Objects.hash(seconds, rows, last);
    }

    @Override
    public String toString() {
        return "%d rows in %.1f s".formatted(rows, seconds);
    }
}
