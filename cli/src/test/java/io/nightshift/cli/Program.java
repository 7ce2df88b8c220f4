package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import picocli.CommandLine;

/// The program as a process of its own, as users start it and as machines kill it.
public final class Program implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// How it ended.
    ///
    /// @param status 137 if it was killed
    public record End(int status, String out, String err) {

        /// Ended as documented, with a sentence and no stack trace.
        public End expect(int wanted, String... sentences) {
            assertThat(status).as("exit status; out: %s; err: %s", out, err).isEqualTo(wanted);
            assertThat(out + err).doesNotContain("\tat ", "Exception", "unexpected");
            for (String sentence : sentences) {
                assertThat(err).contains(sentence);
            }
            return this;
        }

        /// The JSON object in the last line of standard output.
        public JsonNode json() {
            List<String> lines = out.strip().lines().toList();
            assertThat(lines).as("standard output; standard error: %s", err).isNotEmpty();
            try {
                return new ObjectMapper().readTree(lines.getLast());
            } catch (IOException e) {
                throw new AssertionError("not JSON: " + lines.getLast(), e);
            }
        }
    }

    private final Process process;
    private final Path out;
    private final Path err;

    private Program(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// Starts it. C1 only: these runs are short.
    static Program start(Path folder, List<String> arguments) throws IOException {
        List<String> command = command(List.of("-XX:TieredStopAtLevel=1"), arguments);
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Program(process, out, err);
    }

    /// The words that start it.
    ///
    /// @param options of the JVM, besides those that it always has here
    public static List<String> command(List<String> options, List<String> arguments) {
        StartupCache cache = StartupCache.get();
        List<String> all = new ArrayList<>(options);
        all.add("-XX:AOTCache=" + cache.file());
        return command(all, cache.classPath(), arguments);
    }

    static List<String> command(List<String> options, String classPath, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Xlog:disable",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                Main.class.getName()));
        command.addAll(arguments);
        return command;
    }

    public static End run(Path folder, String... arguments) throws IOException, InterruptedException {
        try (Program program = start(folder, List.of(arguments))) {
            return program.end();
        }
    }

    /// Runs a command in this process. Not for a `run` that gets as far as starting a node, which is left to its
    /// process's end.
    public static End here(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine program = Main.commandLine();
        program.setOut(new PrintWriter(out, true));
        program.setErr(new PrintWriter(err, true));
        int status = program.execute(arguments);
        return new End(status, out.toString(), err.toString());
    }

    long id() {
        return process.pid();
    }

    /// What it has written to standard output so far.
    String out() {
        return read(out);
    }

    /// What it has written to standard error so far.
    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /// SIGKILL.
    void kill() {
        process.destroyForcibly();
    }

    /// Another signal, by name.
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    End end() throws IOException, InterruptedException {
        boolean ended = process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        String stdout = Files.readString(out);
        String stderr = Files.readString(err);
        assertThat(ended).as("it ends; so far: %s%s", stdout, stderr).isTrue();
        return new End(process.exitValue(), stdout, stderr);
    }

    /// Waits until the log has `times` lines that match, or the process has ended.
    ///
    /// @return whether it has them
    boolean awaitLog(Path log, Pattern pattern, int times) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            if (matches(log, pattern) >= times) {
                return true;
            }
            if (!process.isAlive()) {
                return false;
            }
            LockSupport.parkNanos(500_000);
        }
        throw new AssertionError("no %d lines of %s in the log".formatted(times, pattern));
    }

    static long matches(Path log, Pattern pattern) throws IOException {
        return Files.exists(log)
                ? pattern.matcher(Files.readString(log)).results().count()
                : 0;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
