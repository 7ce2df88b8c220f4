package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Use;
import io.nightshift.storage.filesystem.IdleTime;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.jspecify.annotations.Nullable;

/// Measures what one attempt uses of its node.
///
/// DuckDB computes on the thread that calls it, see `DuckDb`, and so the model does: all that is computed for
/// an attempt is computed on its scoring thread. The threads on which DuckDB reads ahead only wait for the
/// file system and copy bytes; they are not counted. Time in
/// which the scoring thread neither computes nor waits for a processor is time in which it waits for input,
/// or for the destination.
///
/// The scoring thread makes all calls. Only [#use] may come from any thread.
public final class UseMeter {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Thread thread = Thread.currentThread();
    private final long begin;
    private final long processorAtBegin;

    /// The numbers at the end of the last span.
    private long time;
    private long processor;
    private long waited;

    private long reading;
    private long writing;

    /// Null until the attempt has ended.
    private volatile @Nullable Use use;

    private UseMeter() {
        begin = System.nanoTime();
        processorAtBegin = THREADS.getCurrentThreadCpuTime();
        time = begin;
        processor = processorAtBegin;
        waited = ThreadWaits.nanos();
    }

    /// Begins to measure an attempt, on its scoring thread.
    public static UseMeter begin() {
        return new UseMeter();
    }

    /// Ends a span in which the attempt read and scored, and began to write.
    ///
    /// @param taking the time in the span in which the destination took rows, in nanoseconds
    void endReading(long taking) {
        long waits = endSpan();
        long forDestination = Math.min(waits, taking);
        writing += forDestination;
        reading += waits - forDestination;
    }

    /// Ends a span in which the attempt made its output durable.
    void endWriting() {
        writing += endSpan();
    }

    /// The time in the span for which the thread waited, but not for a processor.
    private long endSpan() {
        long now = System.nanoTime();
        long processorNow = THREADS.getCurrentThreadCpuTime();
        long waitedNow = ThreadWaits.nanos();
        long waits = (now - time) - (processorNow - processor) - (waitedNow - waited);
        time = now;
        processor = processorNow;
        waited = waitedNow;
        return Math.max(0, waits);
    }

    /// Ends the measurement.
    ///
    /// @param read the bytes read from the source
    /// @param written the bytes written to the destination
    public Use end(long read, long written) {
        endReading(0);
        Use measured = new Use(
                micros(processor - processorAtBegin),
                micros(time - begin),
                micros(reading),
                micros(writing),
                read,
                written);
        use = measured;
        return measured;
    }

    /// The use of the attempt until now: complete if it has ended, otherwise only its times.
    public Use use() {
        Use measured = use;
        if (measured != null) {
            return measured;
        }
        long elapsed = System.nanoTime() - begin;
        long now = IdleTime.processorTime(thread);
        return new Use(Math.max(0, micros(now - processorAtBegin)), micros(elapsed), 0, 0, 0, 0);
    }

    private static long micros(long nanos) {
        return nanos / 1_000;
    }
}
