package io.nightshift.node.configuration;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The address of the server that runs on a home folder: a file in the folder, next to its token. Commands of the
/// same user find the server by it, without an option or a configuration.
///
/// A server that is killed leaves the file behind. So the file names the server's process too, and an address
/// counts only while that process runs. While a server starts, it has no address yet: commands wait for it.
public final class LocalServer {

    private static final String FILE = "server";

    /// Stands for the address of a server that is still starting.
    private static final String STARTING = "starting";

    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    /// The position of the start in a line of `/proc/ID/stat`, among the words behind the program's name.
    private static final int TICKS = 20;

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(100);

    private LocalServer() {}

    static Path file(Path home) {
        return home.resolve(FILE);
    }

    /// Records that this process will serve a home folder, whose ledger it has opened.
    ///
    /// @throws FailureException permanent, if the file can't be written
    public static void recordStart(Path home) {
        record(home, STARTING);
    }

    /// Records that this process serves a home folder.
    ///
    /// @param address the URL of the server, without a path
    /// @throws FailureException permanent, if the file can't be written
    public static void record(Path home, URI address) {
        record(home, address.toString());
    }

    private static void record(Path home, String address) {
        ProcessHandle self = ProcessHandle.current();
        String text = "%s%n%d %s%n".formatted(address, self.pid(), started(self));
        try {
            Path draft = Files.createTempFile(home, FILE, ".new");
            Files.writeString(draft, text, StandardCharsets.US_ASCII);
            Files.move(draft, file(home), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the file %s can't be written: %s. Check the permissions of its folder".formatted(file(home), e));
        }
    }

    /// Removes the record when the server ends. A record that can't be removed does no harm.
    public static void forget(Path home) {
        try {
            Files.deleteIfExists(file(home));
        } catch (IOException e) {
            // The next reader sees that the process has ended.
        }
    }

    /// The address of the server that runs on a home folder; empty if none runs. Waits while a server starts.
    ///
    /// @param waiting called once if a server is starting, with a text that describes the wait
    /// @throws FailureException transient, if a server does not end its start
    public static Optional<URI> await(Path home, Consumer<String> waiting) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean isTold = false;
        Optional<Recorded> found = read(home);
        while (found.isPresent() && found.get().isStarting()) {
            String process = "process " + found.get().process();
            if (!isTold) {
                waiting.accept("the server of %s (%s) is starting".formatted(home, process));
                isTold = true;
            }
            if (System.nanoTime() > end) {
                throw new FailureException(Failure.transientFailure(
                        "the server of %s (%s) has been starting for %d seconds. Its own output says what it waits for"
                                .formatted(home, process, PATIENCE.toSeconds())));
            }
            LockSupport.parkNanos(POLL.toNanos());
            found = read(home);
        }
        return found.map(recorded -> URI.create(recorded.address()));
    }

    /// The address of the server that runs on a home folder; empty if none does, or it is still starting.
    public static Optional<URI> find(Path home) {
        return read(home).filter(recorded -> !recorded.isStarting()).map(recorded -> URI.create(recorded.address()));
    }

    /// The content of the file, if its process runs.
    private record Recorded(String address, long process) {
        boolean isStarting() {
            return address.equals(STARTING);
        }
    }

    private static Optional<Recorded> read(Path home) {
        try {
            List<String> lines = Files.readAllLines(file(home), StandardCharsets.US_ASCII);
            if (lines.size() < 2 || !lines.get(1).matches("[0-9]{1,18} [0-9a-f@-]{1,60}")) {
                return Optional.empty();
            }
            String[] process = lines.get(1).split(" ", -1);
            return ProcessHandle.of(Long.parseLong(process[0]))
                    .filter(ProcessHandle::isAlive)
                    .filter(running -> started(running).equals(process[1]))
                    .map(running -> new Recorded(URI.create(lines.getFirst()).toString(), running.pid()));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// When a process started: a process ID is used again by other programs. On Linux, in the kernel's ticks since
    /// the boot, because the times that Java computes from them move when the machine's clock is corrected.
    /// Elsewhere in milliseconds since 1970, or 0 where the system does not tell.
    private static String started(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/%d/stat".formatted(process.pid())));
            // The name of the program, in parentheses, may have spaces.
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1);
            return "%s@%s".formatted(afterName[TICKS], Files.readString(BOOT).strip());
        } catch (IOException | IndexOutOfBoundsException e) {
            return process.info()
                    .startInstant()
                    .map(instant -> Long.toString(instant.toEpochMilli()))
                    .orElse("0");
        }
    }
}
