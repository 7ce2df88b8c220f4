package io.nightshift.nemesis.fault;

import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// A process whose power can be cut: strace records what it writes to its embedded ledger.
public final class TracedRun implements AutoCloseable {

    private static final int KILLED = 137;

    private final Path home;
    private final Path trace;
    private final byte[] before;
    private final Process strace;

    private TracedRun(Path home, Path trace, byte[] before, Process strace) {
        this.home = home;
        this.trace = trace;
        this.before = before;
        this.strace = strace;
    }

    /// @param arguments of the program
    /// @param home of the process, which exists
    public static TracedRun start(List<String> arguments, Path home) throws IOException {
        Path trace = home.resolve("trace");
        Path output = home.resolve("output");
        List<String> command = new ArrayList<>(List.of(AvailableFaults.STRACE.toString()));
        command.addAll(LedgerTrace.OPTIONS);
        command.add("--output=" + trace);
        command.addAll(ProgramProcess.command(List.of("-XX:TieredStopAtLevel=1"), arguments));
        Path ledger = LedgerTrace.ledger(home);
        byte[] before = Files.exists(ledger) ? Files.readAllBytes(ledger) : new byte[0];
        Process strace = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        return new TracedRun(home, trace, before, strace);
    }

    public boolean isAlive() {
        return strace.isAlive();
    }

    /// Kills the process, and leaves of its ledger what a power cut leaves.
    ///
    /// @return how many writes and truncations had not been forced; empty if the process had ended by itself
    public OptionalInt cutPower(Random random) throws IOException {
        strace.descendants().forEach(ProcessHandle::destroyForcibly);
        try {
            if (!strace.waitFor(1, TimeUnit.MINUTES)) {
                throw new IOException("strace does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        // strace ends by the signal that ended the process.
        if (strace.exitValue() != KILLED) {
            return OptionalInt.empty();
        }
        LedgerTrace written = new LedgerTrace(before, Files.readAllLines(trace, StandardCharsets.ISO_8859_1));
        Files.write(LedgerTrace.ledger(home), written.afterPowerCut(random));
        return OptionalInt.of(written.unforced());
    }

    @Override
    public void close() {
        strace.descendants().forEach(ProcessHandle::destroyForcibly);
        strace.destroyForcibly();
    }
}
