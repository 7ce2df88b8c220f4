package io.nightshift.coordinator.cost;

import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Use;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Says what a batch waited for that kept few processors busy, and what to change.
///
/// The time in which the processors of the nodes did not work for the batch has five causes. The times of all
/// five and the processor time together are the time that the processors had.
enum UseAdvice {
    /// The nodes have fewer scoring threads than processors.
    FEWER_THREADS(
            "the nodes had no scoring thread for them: %2$d for %3$d processors",
            "Start with more threads: --threads, or nightshift.node.threads."),
    /// The scoring threads had no partition, and the batch has only a few.
    TOO_FEW_PARTITIONS(
            "no partition was left to score: the batch has %4$d for %2$d scoring threads",
            "Make the partitions smaller, so that there are at least four for each thread: partitions.rows in the"
                    + " job file."),
    /// The scoring threads had no partition of this batch, although it has many.
    NO_PARTITION(
            "the scoring threads had no partition of this batch",
            "Look for other batches that ran at the same time, and for nodes that joined late or left early."),
    /// The scoring threads waited for input.
    READING(
            "the batch waited for input",
            "Move the source to faster storage, nearer to the nodes, or start more scoring threads than there are"
                    + " processors: --threads, or nightshift.node.threads."),
    /// The scoring threads waited for the destination.
    WRITING(
            "the batch waited for the destination to take output",
            "Use faster storage or a faster database for the destination, or start more scoring threads than there"
                    + " are processors: --threads, or nightshift.node.threads."),
    /// The scoring threads waited for a processor.
    CONTENTION(
            "the batch waited for processors: other programs used them, or the container has a lower limit",
            "Run the nodes where no other program needs the processors, or raise the container's limit.");

    /// The share of busy processors from which on there is nothing to say.
    static final double ENOUGH = 0.7;

    /// A batch of less active time, in microseconds, is too short to say something about it.
    static final long SHORTEST = 1_000_000;

    /// The partitions for each thread from which on the last ones leave few threads without work.
    private static final int PARTITIONS_PER_THREAD = 4;

    private final String wait;
    private final String change;

    UseAdvice(String wait, String change) {
        this.wait = wait;
        this.change = change;
    }

    /// Says in two sentences what the batch waited for most, and what to change. Null if the batch kept enough
    /// processors busy, was too short, or no node has worked for it since the last takeover.
    ///
    /// @param partitions of the batch
    static @Nullable String of(BatchUse use, int partitions) {
        if (use.capacity() == 0 || use.cores() == 0 || use.active() < SHORTEST || use.busy() >= ENOUGH) {
            return null;
        }
        Use total = use.total();
        UseAdvice most = FEWER_THREADS;
        long longest = 0;
        for (UseAdvice cause : values()) {
            long time = cause.time(use, total, partitions);
            if (time > longest) {
                most = cause;
                longest = time;
            }
        }
        return longest == 0 ? null : most.text(use, longest, partitions);
    }

    private String text(BatchUse use, long time, int partitions) {
        String reason = String.format(
                Locale.ROOT,
                "For %1$d %% of the processors' time, " + wait,
                Math.round(Math.min(100, 100.0 * time / use.capacity())),
                use.threads(),
                use.cores(),
                partitions);
        return reason + ". " + change;
    }

    private long time(BatchUse use, Use total, int partitions) {
        boolean hasFew = partitions < PARTITIONS_PER_THREAD * (long) use.threads();
        long withoutPartition = use.threadCapacity() - total.elapsed();
        return switch (this) {
            case FEWER_THREADS -> use.capacity() - use.threadCapacity();
            case TOO_FEW_PARTITIONS -> hasFew ? withoutPartition : 0;
            case NO_PARTITION -> hasFew ? 0 : withoutPartition;
            case READING -> total.reading();
            case WRITING -> total.writing();
            case CONTENTION -> total.elapsed() - total.processor() - total.reading() - total.writing();
        };
    }
}
