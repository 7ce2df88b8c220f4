package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.Shell;
import io.nightshift.cli.client.ClusterClient;
import io.nightshift.cli.output.Json;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch submit`: hands a job to a cluster.
@Command(
        name = "submit",
        description =
                "Submits a job to the cluster, and returns when it is accepted. Goes on with the job's open batch,"
                        + " if there is one. The paths in the job file mean the same on every node.",
        mixinStandardHelpOptions = true)
final class BatchSubmitCommand extends ClusterCommand {

    /// The node looks at the source and may register a model first.
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Mixin
    private final JobFileOptions jobFile = new JobFileOptions();

    @Option(
            names = "--new",
            description =
                    "Starts another batch, even if one is open (it is given up) or the same was published before.")
    private boolean fresh;

    @Override
    int run(ClusterClient cluster) {
        Job job = jobFile.read();
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        JobsCommand.SubmitReply reply =
                cluster.ask(replyTo -> new GatewayCommand.Submit(job, fresh, replyTo, null), PATIENCE);
        switch (reply) {
            case JobsCommand.Accepted(BatchId batch, boolean resumed, boolean repeated) ->
                tell(batch, resumed ? "Batch %s is open and goes on." : "Batch %s is accepted.", resumed, false);
            case JobsCommand.AlreadyPublished(BatchId batch) ->
                tell(
                        batch,
                        "Nothing to do: batch %s has scored this input with this model already. --new runs it again.",
                        false,
                        true);
            case JobsCommand.Rejected(String reason) -> throw FailureException.permanent(reason);
        }
        return ExitStatus.DONE;
    }

    private void tell(BatchId batch, String sentence, boolean resumed, boolean alreadyPublished) {
        if (asJson()) {
            ObjectNode json = Json.object();
            json.put("batch", batch.value());
            json.put("resumed", resumed);
            json.put("already_published", alreadyPublished);
            Json.print(out(), json);
            return;
        }
        out().println(sentence.formatted(batch));
        if (!alreadyPublished) {
            out().println("Watch it: %s batch watch %s%s".formatted(Shell.program(), batch, options()));
        }
    }
}
