package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.SubmitResult;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.batch.Phase;
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
        description =
                "Submits a job, and returns when it is accepted. Resumes the job's open batch, if there is one. Paths in"
                        + " the job file must be valid on every node. On a home folder without a server, it always waits for the"
                        + " batch, like --wait.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The job is accepted. With --wait: the batch is published.",
            "1:With --wait: the batch has a permanent failure, or was cancelled.",
            "2:The command or the job is wrong. Without --wait: or no node answers.",
            "75:With --wait: the batch has a transient failure, or no node answers. The same command"
                    + " again resumes the batch.",
            "130:With --wait: interrupted. The batch continues."
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
            names = "--full",
            description =
                    "Starts a new batch of an incremental job that reads all rows, also those that an earlier batch has read. Cancels the job's open batch, if there is one.")
    private boolean full;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "The idempotency key, such as a date. Submitting the job again with the same key starts no other batch.")
    private @Nullable String key;

    @Option(
            names = "--wait",
            description =
                    "Watches the batch until it is published, has failed or is cancelled, like `batch watch`. If the key was used before and its batch has failed, resumes the batch.")
    private boolean wait;

    @Override
    protected int run(ClusterAccess cluster) {
        Job job = full ? jobFile.read().full() : jobFile.read();
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        return wait || cluster.endsWithCommand() ? submitAndWait(cluster, job) : submit(cluster, job);
    }

    @Override
    protected boolean needsLedger() {
        return false;
    }

    private int submit(ClusterAccess cluster, Job job) {
        tell(cluster.submit(job, fresh || full, checkedKey()));
        return ExitStatus.DONE;
    }

    private int submitAndWait(ClusterAccess cluster, Job job) {
        SubmitResult submitted;
        long entries = 0;
        try {
            submitted = cluster.submit(job, fresh || full, checkedKey());
            if (submitted.repeated()) {
                BatchDescription before = cluster.describe(submitted.batch());
                if (before.state().equals(Phase.FAILED.toString())) {
                    // A failed batch is its run's open batch, so a submission without the key resumes it.
                    submitted = cluster.submit(job, false, null);
                    entries = before.ledger().entries();
                }
            }
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return unanswered(e);
        } catch (NightshiftException e) {
            FailureException told = ClusterAccess.told(e);
            if (told.failure().isPermanent()) {
                throw told;
            }
            return unanswered(told);
        }
        if (!asJson()) {
            out().println(sentence(submitted).formatted(submitted.batch()));
            out().flush();
        }
        return new BatchWatch(cluster, out(), err(), asJson(), options())
                .runSubmitted(submitted.batch(), submitted.resumed(), entries);
    }

    /// No node answers now. Submitting again opens no second batch.
    private int unanswered(FailureException problem) {
        err().println("nightshift: " + problem.getMessage());
        return ExitStatus.RETRY;
    }

    private @Nullable String checkedKey() {
        if (key != null && !key.matches("[!-~]{1,255}")) {
            throw FailureException.permanent("--key must be 1 to 255 printable ASCII characters without spaces");
        }
        return key;
    }

    private static String sentence(SubmitResult submitted) {
        if (submitted.alreadyPublished()) {
            return "Nothing to do: batch %s has already scored this input with this model. --new scores it again.";
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
