package io.nightshift.testing.program;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// The program in a process of its own, started from the assembled distribution.
///
/// Closing it kills the process, and waits for its end.
public final class ProgramProcess implements AutoCloseable {

    static final String MAIN = "io.nightshift.cli.Main";
    static final String SHORT_RUN = "-XX:TieredStopAtLevel=1";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration DYING = Duration.ofSeconds(10);

    private final Process process;
    private final Path out;
    private final Path err;

    private ProgramProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// Starts the program. It compiles with C1 only, since the runs of tests are short.
    ///
    /// @param folder the working folder, which also gets the files with the program's output
    public static ProgramProcess start(Path folder, List<String> arguments) throws IOException {
        return start(folder, List.of(), arguments);
    }

    /// Starts the program so that a gate holds its partitions.
    ///
    /// @param folder the working folder, which also gets the files with the program's output
    public static ProgramProcess start(Path folder, ScoringGate gate, List<String> arguments) throws IOException {
        List<String> options = new ArrayList<>(gate.options());
        options.add(SHORT_RUN);
        options.add(startupCache(arguments));
        // Behind the program's own class path, so that the start-up cache still fits.
        String classPath = StartupCache.get(arguments).classPath() + File.pathSeparator + gate.jar();
        List<String> words = new ArrayList<>(gate.main(MAIN));
        words.addAll(arguments);
        return launch(folder, java(options, classPath, words));
    }

    /// Starts the program by another one, which replaces itself by it.
    ///
    /// @param prefix the words that precede the program's command, such as `unshare --mount`
    public static ProgramProcess start(Path folder, List<String> prefix, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(command(List.of(SHORT_RUN), arguments));
        return launch(folder, command);
    }

    /// Starts the program from another folder of jars than the distribution's.
    ///
    /// @param folder the working folder, which also gets the files with the program's output
    public static ProgramProcess startFrom(Path libraries, Path folder, List<String> arguments) throws IOException {
        String program = libraries.resolve("nightshift-cli.jar").toString();
        return launch(folder, command(List.of(SHORT_RUN), program, arguments));
    }

    private static ProgramProcess launch(Path folder, List<String> command) throws IOException {
        return launch(folder, folder, command);
    }

    /// @param outputs the folder of the files with the program's output
    static ProgramProcess launch(Path folder, Path outputs, List<String> command) throws IOException {
        Path out = Files.createTempFile(outputs, "out", ".txt");
        Path err = Files.createTempFile(outputs, "err", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new ProgramProcess(process, out, err);
    }

    /// The command line that starts the program.
    ///
    /// @param options of the JVM, in addition to those that every start has
    public static List<String> command(List<String> options, List<String> arguments) {
        List<String> all = new ArrayList<>(options);
        all.add(startupCache(arguments));
        return command(all, StartupCache.get(arguments).classPath(), arguments);
    }

    /// The option of the JVM by which the program of this build starts faster.
    ///
    /// @param arguments the command and its options
    public static String startupCache(List<String> arguments) {
        return "-XX:AOTCache=" + StartupCache.get(arguments).file();
    }

    static List<String> command(List<String> options, String classPath, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(MAIN));
        words.addAll(arguments);
        return java(options, classPath, words);
    }

    /// @param words the main class and its arguments
    static List<String> java(List<String> options, String classPath, List<String> words) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xmx256m",
                // As the launcher has them: less to compile in a short run.
                "-XX:C1MaxInlineSize=15",
                "-XX:Tier3InvocationThreshold=2000",
                "-XX:Tier3MinInvocationThreshold=1000",
                "-XX:Tier3CompileThreshold=10000",
                "-XX:-UsePerfData",
                "-Djdk.reflect.useNativeAccessorOnly=true",
                "-Xlog:disable",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath));
        command.addAll(words);
        return command;
    }

    /// Runs a job in a process of its own and waits for its end.
    ///
    /// @param more arguments of `run` in addition to those of [FlightsJob#run]
    public static CommandResult run(FlightsJob job, String... more) throws IOException, InterruptedException {
        return run(job.folder(), job.run(more).toArray(String[]::new));
    }

    /// Runs the program and waits for its end.
    public static CommandResult run(Path folder, String... arguments) throws IOException, InterruptedException {
        try (ProgramProcess program = start(folder, List.of(arguments))) {
            return program.end();
        }
    }

    public long id() {
        return process.pid();
    }

    /// The standard output so far.
    public String out() {
        return read(out);
    }

    /// The standard error so far.
    public String err() {
        return read(err);
    }

    /// A file that another process writes. It may end in the middle of a character.
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Sends SIGKILL.
    public void kill() {
        process.destroyForcibly();
    }

    /// Sends a signal.
    ///
    /// @param name as `kill` knows it, such as `TERM`
    public void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    /// Waits until the process has ended.
    public CommandResult end() throws IOException, InterruptedException {
        boolean ended = process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        String stdout = out();
        String stderr = err();
        assertThat(ended).as("it ends; so far: %s%s", stdout, stderr).isTrue();
        return new CommandResult(process.exitValue(), stdout, stderr);
    }

    /// Waits until a log has a number of matching lines, or the process has ended.
    ///
    /// @return whether the log has them
    public boolean awaitLog(Path log, Pattern pattern, int times) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long read = -1;
        while (System.nanoTime() < deadline) {
            long size = Files.exists(log) ? Files.size(log) : 0;
            if (size != read) {
                read = size;
                if (matches(log, pattern) >= times) {
                    return true;
                }
            }
            if (!process.isAlive()) {
                return false;
            }
            LockSupport.parkNanos(500_000);
        }
        throw new AssertionError("no %d lines of %s in the log".formatted(times, pattern));
    }

    /// The number of matches in a log, 0 if there is no log yet.
    public static long matches(Path log, Pattern pattern) throws IOException {
        return Files.exists(log) ? pattern.matcher(read(log)).results().count() : 0;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        // One that hangs in a system call ends when it returns from it.
        process.onExit()
                .completeOnTimeout(process, DYING.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
