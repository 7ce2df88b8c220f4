package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.network.SystemCommand;
import io.nightshift.testing.program.ProgramProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A node that can be killed and restarted. All its processes append to one log.
public final class NodeProcess {

    public final SimulatedHost host;
    /// `host:port`
    public final String name;

    private final List<String> options;
    private final List<String> arguments;
    private final HostNetwork network;
    private final LogTail log;
    private final Pattern gone;

    /// Words that precede the command, for example to give the node another clock.
    private volatile List<String> commandPrefix = List.of();

    private volatile @Nullable Process process;
    private volatile boolean wanted;
    private volatile boolean up;

    /// @param name `host:port`
    /// @param options of the JVM
    /// @param arguments of the program
    public NodeProcess(
            SimulatedHost host,
            String name,
            List<String> options,
            List<String> arguments,
            HostNetwork network,
            Path log) {
        this.host = host;
        this.name = name;
        this.options = options;
        this.arguments = arguments;
        this.network = network;
        this.log = new LogTail(log);
        this.gone = Pattern.compile(
                "node %s (leaves|is removed as lost|has left)|the node ends".formatted(Pattern.quote(name)));
    }

    public synchronized void start() throws IOException {
        List<String> command = new ArrayList<>(network.commandPrefix(host));
        command.addAll(commandPrefix);
        command.addAll(ProgramProcess.command(options, arguments));
        up = false;
        wanted = true;
        process = new ProcessBuilder(command)
                .directory(Objects.requireNonNull(log.file().toAbsolutePath().getParent())
                        .toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.file().toFile()))
                .start();
    }

    /// Sets the words that precede the command of the next start.
    public void setCommandPrefix(List<String> words) {
        commandPrefix = List.copyOf(words);
    }

    /// Restarts the node if its process ended by itself, as a service manager does.
    public synchronized void supervise() throws IOException {
        if (wanted && !isAlive()) {
            start();
        }
    }

    /// The lines of the log since the last call.
    public List<String> read() throws IOException {
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

    public boolean isUp() {
        return up && isAlive();
    }

    /// Whether the node was started and neither killed nor told to leave since.
    public boolean isWanted() {
        return wanted;
    }

    public boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    /// Sends SIGKILL. Only [#start] starts the node again.
    public synchronized void kill() {
        wanted = false;
        up = false;
        Process current = process;
        if (current != null) {
            current.destroyForcibly();
            current.onExit().join();
        }
    }

    /// Sends SIGTERM and waits until the process has ended.
    public synchronized void leave() throws IOException {
        wanted = false;
        signal("TERM");
        Process current = process;
        if (current != null) {
            current.onExit().join();
        }
        up = false;
    }

    /// The process ID.
    ///
    /// @throws IOException if no process runs
    public long pid() throws IOException {
        Process current = process;
        if (current == null || !current.isAlive()) {
            throw new IOException("node %s doesn't run".formatted(host));
        }
        return current.pid();
    }

    /// The resident memory of the process in bytes, or 0 if none runs.
    public long residentBytes() throws IOException {
        Process current = process;
        if (current == null || !current.isAlive()) {
            return 0;
        }
        return Files.readAllLines(Path.of("/proc/%d/status".formatted(current.pid()))).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .sum();
    }

    /// The live objects of the node's heap, after a full collection.
    ///
    /// @throws IOException if no process runs, or the JDK's `jcmd` can't reach it
    public HeapHistogram liveHeap() throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines = jcmd.inputReader(StandardCharsets.UTF_8)) {
            return HeapHistogram.parse(lines.lines().toList());
        }
    }

    /// The user and system processor time of the process.
    public Duration processorTime() {
        Process current = process;
        return current == null
                ? Duration.ZERO
                : current.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    public Path log() {
        return log.file();
    }

    /// Sends a signal to the process, if one runs.
    ///
    /// @param signal as `kill` knows it, such as `STOP`
    public void signal(String signal) throws IOException {
        Process current = process;
        if (current != null && current.isAlive()) {
            SystemCommand.run("kill", "-" + signal, String.valueOf(current.pid()));
        }
    }
}
