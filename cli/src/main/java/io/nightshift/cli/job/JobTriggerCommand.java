package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.JobRun;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.batch.BatchWatch;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `job trigger`.
@Command(
        name = "trigger",
        description = "Starts a run of an applied job now, in addition to its schedule, even if the job is paused.",
        mixinStandardHelpOptions = true)
final class JobTriggerCommand extends JobCommand {

    private static final Duration INTERVAL = Duration.ofMillis(200);

    @Mixin
    private final JobParameter wanted = new JobParameter();

    @Option(
            names = "--param",
            paramLabel = "NAME=VALUE",
            description = "The value of a parameter of the job, such as day=2026-11-25. Can be repeated.")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "The idempotency key: 1 to 100 letters, digits, - and _. The same key again starts nothing more.")
    private @Nullable String key;

    @Override
    protected int run(ClusterAccess cluster) {
        String name = wanted.name();
        String request = key == null ? UUID.randomUUID().toString() : key;
        JobRun run = ask(cluster, name, client -> client.triggerJob(name, parameters, request));
        if (cluster.endsWithCommand()) {
            return watch(cluster, name, request, run);
        }
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(run));
            return ExitStatus.DONE;
        }
        String what = what(name, run);
        if (run.batch() == null) {
            out().println("Triggered job %s; the run is %s.".formatted(what, run.state()));
            out().println("List its runs: %s job runs %s%s".formatted(ShellCommands.program(), name, options()));
        } else {
            out().println("Triggered job %s: batch %s.".formatted(what, run.batch()));
            out().println("Watch it: %s batch watch %s%s".formatted(ShellCommands.program(), run.batch(), options()));
        }
        return ExitStatus.DONE;
    }

    private static String what(String job, JobRun run) {
        return run.parameters().isEmpty() ? job : job + " " + JobTimes.parameters(run.parameters());
    }

    /// Waits for the run, since the node ends with this command.
    ///
    /// @param request the key of the run
    private int watch(ClusterAccess cluster, String job, String request, JobRun first) {
        JobRun run = first;
        String told = null;
        while (run.batch() == null && run.state().equals("waiting")) {
            if (run.reason() != null && !run.reason().equals(told)) {
                told = run.reason();
                err().println("Waiting: " + told);
                err().flush();
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
            run = ask(cluster, job, client -> client.triggerJob(job, parameters, request));
        }
        if (run.batch() == null) {
            throw FailureException.permanent("the run of job %s is %s%s"
                    .formatted(what(job, run), run.state(), run.reason() == null ? "" : ": " + run.reason()));
        }
        if (!asJson()) {
            out().println("Triggered job %s: batch %s.".formatted(what(job, run), run.batch()));
            out().flush();
        }
        return new BatchWatch(cluster, out(), err(), asJson(), options()).run(run.batch());
    }
}
