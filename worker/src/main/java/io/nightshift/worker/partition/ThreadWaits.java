package io.nightshift.worker.partition;

import java.io.IOException;
import java.io.RandomAccessFile;
import org.jspecify.annotations.Nullable;

/// The time for which a thread was ready to run and waited for a processor, as Linux counts it in
/// `/proc/thread-self/schedstat`. Other systems do not say it, and neither do some containers.
///
/// A thread opens the file once and reads it again and again, which takes a few microseconds. For the thread
/// that created it.
final class ThreadWaits {

    private static final ThreadLocal<ThreadWaits> OWN = ThreadLocal.withInitial(ThreadWaits::new);

    private final byte[] text = new byte[128];
    private final @Nullable RandomAccessFile file = open();

    private ThreadWaits() {}

    /// The time of the current thread in nanoseconds; 0 if nobody counts it.
    static long nanos() {
        return OWN.get().read();
    }

    private static @Nullable RandomAccessFile open() {
        try {
            return new RandomAccessFile("/proc/thread-self/schedstat", "r");
        } catch (IOException absent) {
            return null;
        }
    }

    private long read() {
        if (file == null) {
            return 0;
        }
        try {
            file.seek(0);
            return second(file.read(text));
        } catch (IOException gone) {
            return 0;
        }
    }

    /// The second number of the text: the first is the time on a processor.
    private long second(int length) {
        int at = 0;
        while (at < length && text[at] != ' ') {
            at++;
        }
        long number = 0;
        for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
            number = number * 10 + (text[at] - '0');
        }
        return number;
    }
}
