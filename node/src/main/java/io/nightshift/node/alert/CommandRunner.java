package io.nightshift.node.alert;

import io.nightshift.coordinator.alert.AlertSender.Outcome;
import io.nightshift.protocol.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// Runs the command of a channel. It gets a message on its standard input, and of the node's environment only
/// what names no secret. A command that runs for too long is killed with the processes that it started.
final class CommandRunner {

    private static final int MOST_READ = 4_096;
    private static final int MOST_QUOTED = 200;

    /// How long a process that has ended may keep its output open by processes that it started.
    private static final Duration OUTPUT = Duration.ofSeconds(1);

    private static final Set<String> ENVIRONMENT = Set.of("PATH", "HOME", "LANG", "LC_ALL", "TZ");

    private final Executor executor;

    /// @param executor runs what waits
    CommandRunner(Executor executor) {
        this.executor = executor;
    }

    CompletableFuture<Outcome> run(AlertChannel.Command channel, String body) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                begin(channel, body, outcome);
            } catch (IOException e) {
                outcome.complete(Outcome.failed("the command can't be started: " + e.getMessage()));
            }
        });
        return outcome;
    }

    private void begin(AlertChannel.Command channel, String body, CompletableFuture<Outcome> outcome)
            throws IOException {
        List<String> command = channel.command();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().retainAll(ENVIRONMENT);
        Process process = builder.start();
        var _ = outcome.whenComplete((result, error) -> kill(process));
        CompletableFuture<String> output =
                CompletableFuture.supplyAsync(() -> read(process.getInputStream()), executor);
        var _ = CompletableFuture.runAsync(() -> write(process.getOutputStream(), body), executor);
        var _ = process.onExit()
                .thenCompose(ended -> output.completeOnTimeout("", OUTPUT.toMillis(), TimeUnit.MILLISECONDS))
                .thenAccept(text -> outcome.complete(outcome(process.exitValue(), text)));
        var _ = outcome.completeOnTimeout(
                Outcome.failed("the command did not end within %d s and was killed"
                        .formatted(channel.timeout().toSeconds())),
                channel.timeout().toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private static Outcome outcome(int status, String output) {
        if (status == 0) {
            return Outcome.delivered(("0 " + output).strip());
        }
        String quoted = output.isEmpty() ? "" : ": " + Failure.shortened(output, MOST_QUOTED);
        return Outcome.failed("the command ended with status %d%s".formatted(status, quoted));
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /// A command need not read its input.
    private static void write(OutputStream input, String body) {
        try (input) {
            input.write(body.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has ended, or closed its input.
        }
    }

    /// The beginning of the output. All of it is read, so that the command does not wait.
    private static String read(InputStream output) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        byte[] buffer = new byte[MOST_READ];
        try (output) {
            int read = output.read(buffer);
            while (read >= 0) {
                kept.write(buffer, 0, Math.min(read, MOST_READ - kept.size()));
                read = output.read(buffer);
            }
        } catch (IOException e) {
            // The process was killed.
        }
        return kept.toString(StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ")
                .strip();
    }
}
