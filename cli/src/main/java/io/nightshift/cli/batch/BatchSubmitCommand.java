package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.SubmitResult;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.wire.WireLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch submit`: hands a job to a cluster.
@Command(
        name = "submit",
        description = "Submits a job to the cluster, and returns when it is accepted. Resumes the job's open batch,"
                + " if there is one. Paths in the job file must be valid on every node.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The job is accepted. With --wait: the batch is published.",
            "1:With --wait: the batch failed for good or was cancelled.",
            "2:The command or the job is wrong, or no node answers.",
            "75:With --wait: the batch failed for a reason that may be gone later."
        })
final class BatchSubmitCommand extends ClusterCommand {

    @Mixin
    private final JobFileOptions jobFile = new JobFileOptions();

    @Option(
            names = "--new",
            description =
                    "Starts a new batch, even if the same input was published before. Cancels the job's open batch, if there is one.")
    private boolean fresh;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "The idempotency key, such as a date. Submitting the job again with the same key starts no other batch.")
    private @Nullable String key;

    @Option(
            names = "--wait",
            description = "Follows the batch until it is published, failed or cancelled, like `batch watch`.")
    private boolean wait;

    @Override
    protected int run(ClusterAccess cluster) {
        Job job = jobFile.read();
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        SubmitResult submitted = cluster.submit(job, fresh, checkedKey());
        if (!wait) {
            tell(submitted);
            return ExitStatus.DONE;
        }
        if (!asJson()) {
            out().println(sentence(submitted).formatted(submitted.batch()));
            out().flush();
        }
        return new BatchWatch(cluster, out(), err(), asJson(), options()).run(submitted.batch());
    }

    private @Nullable String checkedKey() {
        if (key != null && !key.matches("[!-~]{1,255}")) {
            throw FailureException.permanent("--key must be 1 to 255 printable ASCII characters without spaces");
        }
        return key;
    }

    private static String sentence(SubmitResult submitted) {
        if (submitted.alreadyPublished()) {
            return "Nothing to do: batch %s has scored this input with this model already. --new runs it again.";
        }
        if (submitted.repeated()) {
            return "Nothing to do: the key was used before, for batch %s.";
        }
        return submitted.resumed() ? "Resumed batch %s." : "Accepted batch %s.";
    }

    private void tell(SubmitResult submitted) {
        String batch = submitted.batch();
        if (asJson()) {
            ObjectNode json = JsonOutput.object();
            json.put("batch", batch);
            json.put("resumed", submitted.resumed());
            json.put("already_published", submitted.alreadyPublished());
            JsonOutput.print(out(), json);
            return;
        }
        out().println(sentence(submitted).formatted(batch));
        if (!submitted.alreadyPublished()) {
            out().println("Watch it: %s batch watch %s%s".formatted(ShellCommands.program(), batch, options()));
        }
    }
}
