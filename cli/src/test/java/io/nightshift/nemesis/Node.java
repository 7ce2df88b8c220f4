package io.nightshift.nemesis;

import io.nightshift.cli.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A node's process, one after another. All write to one log.
final class Node {

    final Place place;
    /// `host:port`
    final String name;

    private final List<String> options;
    private final List<String> arguments;
    private final Ground ground;
    private final LogTail log;
    private final Pattern gone;

    /// Words that go before the command, as to give it another clock.
    private volatile List<String> under = List.of();

    private volatile @Nullable Process process;
    private volatile boolean wanted;
    private volatile boolean up;

    /// @param name `host:port`
    /// @param options of the JVM
    /// @param arguments of the program
    Node(Place place, String name, List<String> options, List<String> arguments, Ground ground, Path log) {
        this.place = place;
        this.name = name;
        this.options = options;
        this.arguments = arguments;
        this.ground = ground;
        this.log = new LogTail(log);
        this.gone =
                Pattern.compile("node %s (leaves|is given up|has left)|the node ends".formatted(Pattern.quote(name)));
    }

    synchronized void start() throws IOException {
        List<String> command = new ArrayList<>(ground.at(place));
        command.addAll(under);
        command.addAll(Program.command(options, arguments));
        up = false;
        wanted = true;
        process = new ProcessBuilder(command)
                .directory(log.file().toAbsolutePath().getParent().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.file().toFile()))
                .start();
    }

    /// Lets it be started by other words from now on.
    void startUnder(List<String> words) {
        under = List.copyOf(words);
    }

    /// Starts it if it ended by itself, as a service manager does.
    synchronized void supervise() throws IOException {
        if (wanted && !isAlive()) {
            start();
        }
    }

    /// Lines of the log that weren't read before.
    List<String> read() throws IOException {
        List<String> lines = log.read();
        for (String line : lines) {
            if (line.contains("node " + name + " is up")) {
                up = true;
            } else if (gone.matcher(line).find()) {
                up = false;
            }
        }
        return lines;
    }

    boolean isUp() {
        return up && isAlive();
    }

    /// Whether it was started, and not killed or told to leave since.
    boolean isWanted() {
        return wanted;
    }

    boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    /// SIGKILL; nobody starts it again but [#start].
    synchronized void kill() {
        wanted = false;
        up = false;
        Process current = process;
        if (current != null) {
            current.destroyForcibly();
            current.onExit().join();
        }
    }

    /// SIGTERM, and waits until it has left.
    synchronized void leave() throws IOException {
        wanted = false;
        signal("TERM");
        Process current = process;
        if (current != null) {
            current.onExit().join();
        }
        up = false;
    }

    /// Memory of its process, in bytes, or 0 if there is none.
    long residentBytes() throws IOException {
        Process current = process;
        if (current == null || !current.isAlive()) {
            return 0;
        }
        return Files.readAllLines(Path.of("/proc/%d/status".formatted(current.pid()))).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .sum();
    }

    /// Processor time that its process has spent, the kernel's for it included.
    Duration processorTime() {
        Process current = process;
        return current == null
                ? Duration.ZERO
                : current.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    Path log() {
        return log.file();
    }

    /// Sends a signal, by name.
    void signal(String signal) throws IOException {
        Process current = process;
        if (current != null && current.isAlive()) {
            Command.run("kill", "-" + signal, String.valueOf(current.pid()));
        }
    }
}
