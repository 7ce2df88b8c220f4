package io.nightshift.testing.program;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// An AOT cache of the JVM for the assembled distribution, which takes a third off each start of the program.
///
/// The first test process to need the cache creates it and the others wait. It is created again when the
/// build has changed a jar, because the JVM refuses a cache whose jars have other sizes or times. It is not the
/// launcher's own cache: that one belongs to the launcher's JVM options.
///
/// @param classPath the program's class path
/// @param file the cache
record StartupCache(String classPath, Path file) {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Map<Journal, StartupCache> OPEN = new EnumMap<>(Journal.class);

    /// Where a process keeps its ledger, which decides on the libraries that it loads.
    private enum Journal {
        /// The processes of `node`.
        DATABASE,
        /// The processes of all other commands.
        HOME;

        static Journal of(List<String> arguments) {
            return !arguments.isEmpty() && arguments.getFirst().equals("node") ? DATABASE : HOME;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The cache for a process.
    ///
    /// @param arguments its command and the command's options; if empty, the command is unknown
    static synchronized StartupCache get(List<String> arguments) {
        return OPEN.computeIfAbsent(Journal.of(arguments), StartupCache::open);
    }

    private static StartupCache open(Journal journal) {
        try {
            Path lib = Checkout.distribution().resolve("lib");
            Path folder = Files.createDirectories(Checkout.path("cli/target/startup-cache/" + journal));
            try (FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                StartupCache cache = new StartupCache(
                        lib.resolve("nightshift-cli.jar").toString(),
                        folder.resolve("%s-%s.aot".formatted(identity(lib), Runtime.version())));
                if (!Files.exists(cache.file)) {
                    deleteCaches(folder);
                    cache.create(journal, folder);
                }
                return cache;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Identifies the jars as the JVM does: by their names, sizes and times.
    private static String identity(Path lib) throws IOException {
        List<String> jars = new ArrayList<>();
        try (Stream<Path> files = Files.list(lib)) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList()) {
                jars.add(jar.getFileName() + " " + Files.size(jar) + " " + Files.getLastModifiedTime(jar));
            }
        }
        return UUID.nameUUIDFromBytes(String.join("\n", jars).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private static void deleteCaches(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".aot")).toList()) {
                Files.delete(file);
            }
        }
    }

    /// Runs the example on a server or a node, and lets the JVM record what it loads: almost all that a `run`
    /// loads, too.
    private void create(Journal journal, Path folder) throws IOException {
        Path scratch = Files.createTempDirectory(folder, "training");
        Path unfinished = scratch.resolve("new.aot");
        Path log = scratch.resolve("training.log");
        List<String> recording = List.of("-XX:AOTCacheOutput=" + unfinished, "-Dnightshift.exit.orderly=true");
        List<String> home =
                List.of("--home", Files.createDirectory(scratch.resolve("home")).toString());
        switch (journal) {
            case HOME -> {
                Process server = start(log, recording, arguments(home, "serve", "--http-port", 0, "--threads", 1));
                train(server, "serving http", scratch, home);
            }
            case DATABASE -> {
                try (PostgresServer database = PostgresServer.start()) {
                    int port = FreePort.any();
                    List<String> options = Stream.concat(
                                    home.stream(),
                                    Stream.of(
                                            "--config",
                                            configure(scratch, database, port).toString()))
                            .toList();
                    Process node = start(
                            log,
                            recording,
                            arguments(options, "node", "--port", port, "--http-port", FreePort.any(), "--threads", 1));
                    train(node, " is up", scratch, options);
                }
            }
        }
        if (!Files.exists(unfinished)) {
            throw new IOException("the program's start-up cache was not created: " + Files.readString(log));
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Runs a batch on a process, and ends it.
    ///
    /// @param up what the process logs when it accepts batches
    /// @param options by which commands find it
    private void train(Process process, String up, Path scratch, List<String> options) throws IOException {
        try {
            awaitUp(process, up, scratch.resolve("training.log"));
            Path job = FlightsJob.example().resolve("job.yaml");
            String destination = "destination.parquet=" + scratch.resolve("predictions");
            Process batch = start(
                    scratch.resolve("batch.log"),
                    List.of(),
                    arguments(options, "batch", "submit", job, "--set", destination, "--wait"));
            if (batch.onExit().join().exitValue() != 0) {
                throw new IOException(Files.readString(scratch.resolve("batch.log")));
            }
            process.destroy();
            process.onExit().join();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path configure(Path scratch, PostgresServer journal, int port) throws IOException {
        return Files.writeString(scratch.resolve("node.conf"), """
                nightshift {
                  node.contact-points = ["127.0.0.1:%d"]
                  journal { url = "%s", user = %s }
                  files { read = ["%s"], write = ["%s"] }
                }
                """.formatted(
                        port, journal.url(PostgresServer.OWNER), PostgresServer.OWNER, FlightsJob.example(), scratch));
    }

    private static List<String> arguments(List<String> options, Object... words) {
        return Stream.concat(Stream.of(words).map(Object::toString), options.stream())
                .toList();
    }

    private Process start(Path log, List<String> options, List<String> arguments) throws IOException {
        List<String> quick = new ArrayList<>(options);
        quick.add("-XX:TieredStopAtLevel=1");
        return new ProcessBuilder(ProgramProcess.command(quick, classPath, arguments))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static void awaitUp(Process process, String up, Path log) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.readString(log).contains(up)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("the process for the start-up cache does not start: " + Files.readString(log));
            }
            LockSupport.parkNanos(50_000_000);
        }
    }
}
