package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.fault.TracedRun;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// One batch of a single process with an embedded ledger, whose power is cut up to three times, and the checks
/// after it.
final class PowerCutRound {

    private static final int MOST_CUTS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// The attempt of a commit in the log, written when the commit is durable.
    private static final Pattern COMMITTED =
            Pattern.compile("- (\\S+)\\.(\\d+)\\.\\d+-\\d+ committed$", Pattern.MULTILINE);

    private final Workload workload;
    private final OutputFiles.Folder output;
    private final String expectedDigest;
    private final Path home;
    private final Random random;
    private final List<String> violations = new ArrayList<>();

    /// @param expectedDigest the digest of the output of a run without faults
    /// @param home a new folder
    PowerCutRound(Workload workload, OutputFiles.Folder output, String expectedDigest, Path home, Random random) {
        this.workload = workload;
        this.output = output;
        this.expectedDigest = expectedDigest;
        this.home = home;
        this.random = random;
    }

    RoundResult run(int number, long seed) throws Exception {
        output.clear();
        long begin = System.nanoTime();
        int cuts = 0;
        int lost = 0;
        for (int wanted = 1 + random.nextInt(MOST_CUTS); cuts < wanted; cuts++) {
            int unforced = cut(commits().size() + 1 + random.nextInt(workload.partitions() / 4));
            if (unforced < 0) {
                break;
            }
            lost += unforced;
        }
        CommandResult end = ProgramProcess.run(
                workload.job().folder(), workload.run(home, output).toArray(String[]::new));
        double seconds = (System.nanoTime() - begin) / 1e9;
        check(end);
        return new RoundResult(
                number,
                seed,
                Fault.POWER_CUT,
                "%d cuts, %d writes not forced".formatted(cuts, lost),
                output.name(),
                seconds,
                null,
                0,
                violations);
    }

    /// Runs the batch until a number of commits are in the log, and cuts the power.
    ///
    /// @return how many writes were not forced, or -1 if the process ended before
    private int cut(int commits) throws IOException {
        try (TracedRun traced = TracedRun.start(workload.run(home, output), home)) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (traced.isAlive() && commits().size() < commits) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("no %d partitions are committed in %s; the log is in %s"
                            .formatted(commits, PATIENCE, home));
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            return traced.cutPower(random).orElse(-1);
        }
    }

    /// The partition of each commit in the log.
    private List<String> commits() throws IOException {
        Path log = home.resolve("logs/nightshift.log");
        return Files.exists(log)
                ? COMMITTED
                        .matcher(Files.readString(log))
                        .results()
                        .map(line -> line.group(1) + "." + line.group(2))
                        .toList()
                : List.of();
    }

    private void check(CommandResult end) throws Exception {
        if (end.status() != 0) {
            violations.add("the run after the power cuts ends with status %d: %s"
                    .formatted(end.status(), (end.out() + end.err()).strip().replaceAll("\\s*\n\\s*", ", ")));
            return;
        }
        JsonNode result = end.json();
        if (result.get("predictions").asLong() != workload.rows()) {
            violations.add("the run reports " + result);
        }
        Set<String> committed = new TreeSet<>();
        List<String> again =
                commits().stream().filter(commit -> !committed.add(commit)).toList();
        if (!again.isEmpty()) {
            violations.add("committed, and committed again after a power cut: " + again);
        }
        String digest = output.digest();
        if (!digest.equals(expectedDigest)) {
            violations.add("the output is %s, not %s".formatted(digest, expectedDigest));
        }
        if (!output.leftovers().isEmpty()) {
            violations.add("staged output left behind: " + output.leftovers());
        }
        for (List<String> command : List.of(List.of("batch", "verify", "latest"), List.of("ledger", "check"))) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--home", home.toString()));
            CommandResult checked = CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new));
            if (checked.status() != 0) {
                violations.add("%s: %s".formatted(String.join(" ", command), (checked.out() + checked.err()).strip()));
            }
        }
    }
}
