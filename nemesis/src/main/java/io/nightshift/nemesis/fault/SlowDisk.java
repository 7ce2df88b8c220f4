package io.nightshift.nemesis.fault;

import java.io.File;
import java.io.IOException;

/// Delays the writes of a process to files, by strace.
final class SlowDisk {

    private final Process strace;

    private SlowDisk(Process strace) {
        this.strace = strace;
    }

    /// @param pid the process to slow down
    static SlowDisk of(long pid) throws IOException {
        String calls = "pwrite64,pwritev,fsync,fdatasync,rename,openat";
        Process strace = new ProcessBuilder(
                        AvailableFaults.STRACE.toString(),
                        "--follow-forks",
                        "--attach=" + pid,
                        "--trace=" + calls,
                        "--inject=" + calls + ":delay_exit=20000",
                        "--output=/dev/null")
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        return new SlowDisk(strace);
    }

    /// Ends the delays. strace leaves the process running.
    void end() {
        strace.destroy();
        strace.onExit().join();
    }
}
