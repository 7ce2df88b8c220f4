package io.nightshift.nemesis.fault;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Delays system calls of a running process, by strace.
final class DelayedCalls {

    private static final Duration SLOW_WRITE = Duration.ofMillis(20);

    /// Longer than any fault lasts.
    private static final Duration FOREVER = Duration.ofMinutes(30);

    private final Process strace;
    private final long pid;

    private DelayedCalls(Process strace, long pid) {
        this.strace = strace;
        this.pid = pid;
    }

    /// Makes each write of a process to a file take longer.
    static DelayedCalls slowWrites(long pid) throws IOException {
        String calls = "pwrite64,pwritev,fsync,fdatasync,rename,openat";
        return delay(pid, calls, "delay_exit=" + SLOW_WRITE.toNanos() / 1_000, List.of());
    }

    /// Makes every call of a process that touches a file wait until [#end], as for a file server that does not
    /// answer.
    static DelayedCalls hungFile(long pid, Path file) throws IOException {
        return delay(
                pid,
                "%file,read,pread64,fstat,lseek",
                "delay_enter=" + FOREVER.toNanos() / 1_000,
                List.of("--trace-path=" + file));
    }

    private static DelayedCalls delay(long pid, String calls, String delay, List<String> filter) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                AvailableFaults.STRACE.toString(),
                "--follow-forks",
                "--attach=" + pid,
                "--trace=" + calls,
                "--inject=" + calls + ":" + delay,
                "--output=/dev/null"));
        command.addAll(filter);
        Process strace = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        return new DelayedCalls(strace, pid);
    }

    /// Ends the delays. strace leaves the process running.
    ///
    /// @throws IOException if the delays had ended before the process did
    void end() throws IOException {
        boolean endedEarly = !strace.isAlive() && Files.exists(Path.of("/proc/" + pid));
        strace.destroy();
        strace.onExit().join();
        if (endedEarly) {
            throw new IOException("strace ended early with status " + strace.exitValue());
        }
    }
}
