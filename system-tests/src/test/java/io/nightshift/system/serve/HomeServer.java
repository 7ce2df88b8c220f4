package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process of `nightshift serve` on a home folder of its own.
public final class HomeServer implements AutoCloseable {

    private static final Duration STARTING = Duration.ofMinutes(2);

    private final Path folder;
    private final Path home;
    private final @Nullable ScoringGate gate;
    private ProgramProcess process;

    /// Starts the server, and waits until it serves.
    ///
    /// @param folder holds the home folder and the server's log
    /// @param more options of `serve`
    public HomeServer(Path folder, String... more) throws IOException {
        this(folder, null, more);
    }

    /// Starts the server so that a gate holds its partitions, and waits until it serves.
    ///
    /// @param gate also holds the server that [#restart] starts; null for none
    /// @param folder holds the home folder and the server's log
    /// @param more options of `serve`
    public HomeServer(Path folder, @Nullable ScoringGate gate, String... more) throws IOException {
        this.folder = folder;
        this.gate = gate;
        this.home = folder.resolve("home");
        this.process = start(more);
    }

    private ProgramProcess start(String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("serve", "--home", home.toString(), "--threads", "1"));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--http-port")) {
            arguments.addAll(List.of("--http-port", "0"));
        }
        ProgramProcess started =
                gate == null ? ProgramProcess.start(folder, arguments) : ProgramProcess.start(folder, gate, arguments);
        await().atMost(STARTING).untilAsserted(() -> {
            assertThat(started.isAlive()).as(started.out() + started.err()).isTrue();
            assertThat(started.out()).contains("serving http");
        });
        return started;
    }

    /// Starts the server again after it ended or was killed.
    public void restart(String... more) throws IOException {
        process = start(more);
    }

    public ProgramProcess process() {
        return process;
    }

    public Path home() {
        return home;
    }

    /// The address of the server, as commands find it.
    public URI address() {
        return LocalServer.find(home).orElseThrow();
    }

    /// Kills the server as `kill -9` does, and waits for its end.
    public void kill() throws IOException, InterruptedException {
        process.kill();
        process.end();
    }

    /// Ends the server as `kill` does.
    public CommandResult terminate() throws IOException, InterruptedException {
        process.signal("TERM");
        return process.end();
    }

    /// Runs a command that finds the server by the home folder.
    public CommandResult command(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--home", home.toString()));
        String[] all = arguments.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }

    @Override
    public void close() {
        process.close();
    }
}
