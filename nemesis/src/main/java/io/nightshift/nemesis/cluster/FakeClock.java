package io.nightshift.nemesis.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Sets the wall clock of one process with [libfaketime](https://github.com/wolfcw/libfaketime). The
/// monotonic clock stays the system's, as it does where an administrator sets the time.
///
/// @param library libfaketime
/// @param file holds the offset of the clock
public record FakeClock(Path library, Path file) {

    private static final String VARIABLE = "FAKETIME_LIBRARY";

    /// The library, where the environment variable `FAKETIME_LIBRARY` names it or where Debian installs it.
    public static Optional<Path> find() throws IOException {
        String named = System.getenv(VARIABLE);
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        Path libraries = Path.of("/usr/lib");
        try (Stream<Path> folders = Files.list(libraries)) {
            return folders.map(folder -> folder.resolve("faketime/libfaketimeMT.so.1"))
                    .filter(Files::exists)
                    .findFirst();
        }
    }

    /// The words that precede the command of the process.
    public List<String> commandPrefix() {
        return List.of(
                "env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + file,
                "FAKETIME_NO_CACHE=1",
                // Else the input's modification times would differ and the input would count as changed.
                "NO_FAKE_STAT=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                // Else timed waits of the JVM return at once.
                "FAKETIME_FORCE_MONOTONIC_FIX=0");
    }

    /// Sets how far the clock is ahead.
    ///
    /// @param duration not negative
    public void setAhead(Duration duration) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, "+" + duration.toSeconds() + "\n");
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
}
