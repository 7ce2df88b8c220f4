package io.nightshift.nemesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A wall clock for one process, by [libfaketime](https://github.com/wolfcw/libfaketime). The clock that only ever goes
/// on
/// stays the system's, as it does where an administrator sets the time.
///
/// @param library libfaketime
/// @param file how much it is ahead
record FakeClock(Path library, Path file) {

    private static final String VARIABLE = "FAKETIME_LIBRARY";

    /// The library, where it is installed, or where the environment variable `FAKETIME_LIBRARY` says that it is.
    static Optional<Path> find() throws IOException {
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

    /// Words that go before a command.
    List<String> words() {
        return List.of(
                "env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + file,
                "FAKETIME_NO_CACHE=1",
                // Files' times stay as they are, or the input would seem to have changed.
                "NO_FAKE_STAT=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
                // Or no thread of a JVM that waits for a time waits at all.
                "FAKETIME_FORCE_MONOTONIC_FIX=0");
    }

    /// Sets it.
    void ahead(Duration duration) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, "+" + duration.toSeconds() + "\n");
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }
}
