package io.nightshift.testing.program;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
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

    /// Runs the example once and lets the JVM record what it loads.
    private void create(Path folder) throws IOException {
        Path scratch = Files.createTempDirectory(folder, "training");
        Path unfinished = scratch.resolve("new.aot");
        List<String> command = ProgramProcess.command(
                List.of(
                        "-XX:TieredStopAtLevel=1",
                        "-XX:AOTCacheOutput=" + unfinished,
                        "-Dnightshift.exit.orderly=true"),
                classPath,
                List.of(
                        "run",
                        FlightsJob.example().resolve("job.yaml").toString(),
                        "--home",
                        scratch.resolve("home").toString(),
                        "--set",
                        "destination.parquet=" + scratch.resolve("predictions"),
                        "-o",
                        "json"));
        Path log = scratch.resolve("training.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (process.onExit().join().exitValue() != 0 || !Files.exists(unfinished)) {
            throw new IOException("the program's start-up cache was not created: " + Files.readString(log));
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
