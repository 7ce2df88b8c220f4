package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.JobRun;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import java.util.LinkedHashMap;
import java.util.Map;
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
        JobRun run = ask(cluster, name, client -> client.triggerJob(name, parameters, key));
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(run));
            return ExitStatus.DONE;
        }
        String what = run.parameters().isEmpty() ? name : name + " " + JobTimes.parameters(run.parameters());
        if (run.batch() == null) {
            out().println("Triggered job %s; the run is %s.".formatted(what, run.state()));
            out().println("List its runs: %s job runs %s%s".formatted(ShellCommands.program(), name, options()));
        } else {
            out().println("Triggered job %s: batch %s.".formatted(what, run.batch()));
            out().println("Watch it: %s batch watch %s%s".formatted(ShellCommands.program(), run.batch(), options()));
        }
        return ExitStatus.DONE;
    }
}
