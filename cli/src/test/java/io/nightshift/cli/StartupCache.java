package io.nightshift.cli;

import io.nightshift.cli.distribution.PrepareJars;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// What the JVM knows beforehand of the program that tests start, as it does where users start it: a third less work
/// for each start. The cache wants classes in jars, so those in folders are put into some, and Scala's libraries are
/// prepared for it. DuckDB's native library lies beside its jar, as in the distribution, so that no start unpacks it,
/// and
/// no killed one leaves it behind. Kept below `target` until the classes change. Where tests run in several processes,
/// the
/// first one makes it and the others wait.
///
/// @param classPath jars only, without the tests' own classes
/// @param file the cache
record StartupCache(String classPath, Path file) {

    private static final Path FOLDER =
            FlightsJob.example().resolve("../../cli/target/startup-cache").normalize();

    private static final String DUCKDB_LIBRARIES = "libduckdb_java.so_";
    private static final String DUCKDB = DUCKDB_LIBRARIES
            + (System.getProperty("os.name").startsWith("Mac") ? "macos_" : "linux_")
            + (System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64");

    private static final class Once {
        static final StartupCache CACHE = prepare();
    }

    static StartupCache get() {
        return Once.CACHE;
    }

    private static StartupCache prepare() {
        try {
            List<Path> parts = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(part -> Path.of(part).toAbsolutePath())
                    .filter(part -> !part.endsWith("test-classes"))
                    .toList();
            Path folder = FOLDER.resolve(Integer.toHexString(Objects.hash(parts, changes(parts))));
            Files.createDirectories(folder);
            try (FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                return prepare(parts, folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static StartupCache prepare(List<Path> parts, Path folder) throws IOException {
        List<String> jars = new ArrayList<>();
        for (Path part : parts) {
            jars.add(jar(part, folder, jars.size()).toString());
        }
        StartupCache cache = new StartupCache(String.join(File.pathSeparator, jars), folder.resolve("program.aot"));
        if (!Files.exists(cache.file)) {
            cache.train(folder);
        }
        return cache;
    }

    /// When the files were last changed.
    private static List<Object> changes(List<Path> parts) throws IOException {
        List<Object> changes = new ArrayList<>();
        for (Path part : parts) {
            try (Stream<Path> files = Files.walk(part)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    changes.add(file + " " + Files.getLastModifiedTime(file));
                }
            }
        }
        return changes;
    }

    private static Path jar(Path part, Path folder, int number) throws IOException {
        if (Files.isDirectory(part)) {
            return jarOf(part, folder, number);
        }
        if (PrepareJars.concerns(part)) {
            return prepared(part, folder);
        }
        return part.getFileName().toString().startsWith("duckdb_jdbc") ? withLibraryBeside(part, folder) : part;
    }

    private static Path prepared(Path jar, Path folder) throws IOException {
        Path prepared = folder.resolve(jar.getFileName());
        if (Files.exists(prepared)) {
            return prepared;
        }
        Path unfinished = folder.resolve("prepared.unfinished");
        PrepareJars.prepare(jar, unfinished);
        return Files.move(unfinished, prepared, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path withLibraryBeside(Path jar, Path folder) throws IOException {
        Path bare = folder.resolve(jar.getFileName());
        if (Files.exists(bare)) {
            return bare;
        }
        Path unfinished = folder.resolve("duckdb.unfinished");
        try (JarFile from = new JarFile(jar.toFile());
                JarOutputStream to = new JarOutputStream(Files.newOutputStream(unfinished))) {
            for (JarEntry entry : Collections.list(from.entries())) {
                try (InputStream content = from.getInputStream(entry)) {
                    if (entry.getName().equals(DUCKDB)) {
                        Files.copy(content, folder.resolve(DUCKDB), StandardCopyOption.REPLACE_EXISTING);
                    } else if (!entry.getName().startsWith(DUCKDB_LIBRARIES)) {
                        to.putNextEntry(new JarEntry(entry.getName()));
                        content.transferTo(to);
                    }
                }
            }
        }
        return Files.move(unfinished, bare, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path jarOf(Path classes, Path folder, int number) throws IOException {
        Path jar = folder.resolve(number + ".jar");
        if (Files.exists(jar)) {
            return jar;
        }
        Path unfinished = folder.resolve(number + ".unfinished");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(unfinished));
                Stream<Path> files = Files.walk(classes)) {
            // With the folders: Flyway looks for them.
            for (Path file :
                    files.filter(file -> !file.equals(classes)).sorted().toList()) {
                String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
                boolean isFolder = Files.isDirectory(file);
                out.putNextEntry(new JarEntry(isFolder ? name + "/" : name));
                if (!isFolder) {
                    Files.copy(file, out);
                }
            }
        }
        return Files.move(unfinished, jar, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Runs the example once, for the JVM to look at.
    private void train(Path folder) throws IOException {
        Path scratch = Files.createTempDirectory(folder, "training");
        Path unfinished = scratch.resolve("new.aot");
        List<String> command = Program.command(
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
                        "destination.parquet=" + scratch.resolve("predictions")));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(scratch.resolve("training.log").toFile())
                .start();
        if (process.onExit().join().exitValue() != 0 || !Files.exists(unfinished)) {
            throw new IOException("no start-up cache: " + Files.readString(scratch.resolve("training.log")));
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
