package io.nightshift.testing.program;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// An AOT cache of the JVM for the assembled distribution, which takes a third off each start of the program.
///
/// The first test process to need the cache creates it and the others wait. It is created again after each
/// build of the distribution, because the JVM refuses a cache whose jars have changed. It is not the
/// launcher's own cache: that one belongs to the launcher's JVM options.
///
/// @param classPath the program's class path
/// @param file the cache
record StartupCache(String classPath, Path file) {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final class Holder {
        static final StartupCache CACHE = open();
    }

    static StartupCache get() {
        return Holder.CACHE;
    }

    private static StartupCache open() {
        try {
            Path distribution = Checkout.distribution();
            Path folder = Files.createDirectories(Checkout.path("cli/target/startup-cache"));
            try (FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                String build = Long.toHexString(
                        Files.getLastModifiedTime(distribution.resolve("built")).toMillis());
                StartupCache cache = new StartupCache(
                        distribution.resolve("lib/nightshift-cli.jar").toString(),
                        folder.resolve("%s-%s.aot".formatted(build, Runtime.version())));
                if (!Files.exists(cache.file)) {
                    deleteCaches(folder);
                    cache.create(folder);
                }
                return cache;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteCaches(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".aot")).toList()) {
                Files.delete(file);
            }
        }
    }

    /// Runs the example on a node, and lets the JVM record what it loads: almost all that a `run` loads, too.
    private void create(Path folder) throws IOException {
        Path scratch = Files.createTempDirectory(folder, "training");
        Path unfinished = scratch.resolve("new.aot");
        Path log = scratch.resolve("training.log");
        try (PostgresServer journal = PostgresServer.start()) {
            int port = FreePort.any();
            List<String> options = List.of(
                    "--config",
                    configure(scratch, journal, port).toString(),
                    "--home",
                    scratch.resolve("home").toString());
            Process node = start(
                    log,
                    List.of("-XX:AOTCacheOutput=" + unfinished, "-Dnightshift.exit.orderly=true"),
                    arguments(options, "node", "--port", port, "--http-port", FreePort.any(), "--threads", 1));
            try {
                awaitUp(node, log);
                Path job = FlightsJob.example().resolve("job.yaml");
                String destination = "destination.parquet=" + scratch.resolve("predictions");
                Process batch = start(
                        scratch.resolve("batch.log"),
                        List.of(),
                        arguments(options, "batch", "submit", job, "--set", destination, "--wait"));
                if (batch.onExit().join().exitValue() != 0) {
                    throw new IOException(Files.readString(scratch.resolve("batch.log")));
                }
                node.destroy();
                node.onExit().join();
            } finally {
                node.destroyForcibly();
            }
        }
        if (!Files.exists(unfinished)) {
            throw new IOException("the program's start-up cache was not created: " + Files.readString(log));
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
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

    private static void awaitUp(Process node, Path log) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.readString(log).contains(" is up")) {
            if (!node.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("the node for the start-up cache does not start: " + Files.readString(log));
            }
            LockSupport.parkNanos(50_000_000);
        }
    }
}
