package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `quarantine redrive`: scores quarantined rows again, and adds them to their batch.
@Command(
        name = "redrive",
        description = {
            "Scores quarantined rows of a published batch again, after a fix of the data or of the job, and adds them to the batch. Readers see them at once.",
            "Rows that fail again stay quarantined. The command waits for the end; if it is interrupted, the redrive continues."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:Readers see the rows.",
            "1:The batch is as it was: the redrive was refused, or it has failed.",
            "2:The command or the job is wrong, or no node answers."
        })
final class QuarantineRedriveCommand extends ClusterCommand {

    private static final Duration INTERVAL = Duration.ofMillis(200);

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = "--job",
            paramLabel = "FILE",
            description = "The corrected job file (default: the job of the batch).")
    private @Nullable Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Replaces a key of the job file, such as source.where=\"year = 2026\". Needs --job. Repeatable.")
    private List<String> overrides = List.of();

    @Option(
            names = "--where",
            paramLabel = "SQL",
            description =
                    "Only rows that meet this DuckDB SQL condition over the columns of the quarantine, such as \"reason LIKE '%%distance%%'\".")
    private @Nullable String where;

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the batch's history records.")
    private String reason = "";

    @Override
    protected int run(ClusterAccess cluster) {
        if (file == null && !overrides.isEmpty()) {
            throw FailureException.permanent("--set changes a job file, so it needs --job");
        }
        BatchDescription before = describe(cluster, wanted.name());
        String job = file == null
                ? null
                : JobText.of(JobFile.parse(read(file), file.toAbsolutePath(), overrides, parameters(before)));
        return switch (cluster.control(before.batch(), new BatchControl.Redrive(job, where, reason))) {
            // A request without an answer is repeated, and its redrive may have ended by then.
            case ControlReply.Refused _
            when hasBegun(before.redrive(), describe(cluster, before.batch()).redrive()) -> await(cluster, before);
            case ControlReply.Refused refused -> {
                err().println("nightshift: " + refused.reason());
                yield ExitStatus.FAILED;
            }
            case ControlReply.Done done -> await(cluster, before);
        };
    }

    private static Map<String, String> parameters(BatchDescription batch) {
        return batch.parameters();
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw FailureException.permanent("the job file %s can't be read: %s".formatted(file, Folders.reason(e)));
        }
    }

    private static BatchDescription describe(ClusterAccess cluster, String batch) {
        try {
            return cluster.describe(batch);
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    private int await(ClusterAccess cluster, BatchDescription before) {
        BatchDescription batch = describe(cluster, before.batch());
        while (!hasEnded(before.redrive(), batch.redrive())) {
            LockSupport.parkNanos(INTERVAL.toNanos());
            batch = describe(cluster, before.batch());
        }
        BatchDescription.Redrive redrive = Objects.requireNonNull(batch.redrive());
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(batch));
        } else if (redrive.failure() == null) {
            out().println("%s rows added. Batch %s has %s predictions now, and %s quarantined rows."
                    .formatted(
                            DisplayFormat.number(redrive.healed()),
                            batch.batch(),
                            DisplayFormat.number(batch.predictions()),
                            DisplayFormat.number(batch.quarantined())));
        }
        if (redrive.failure() != null) {
            err().println("nightshift: the redrive of batch %s has failed, and the batch is as it was: %s"
                    .formatted(batch.batch(), redrive.failure()));
        }
        return redrive.failure() == null ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private static boolean hasBegun(BatchDescription.@Nullable Redrive before, BatchDescription.@Nullable Redrive now) {
        return now != null && (before == null || !now.at().equals(before.at()));
    }

    /// Whether the requested redrive has ended: one that had ended before is another one.
    private static boolean hasEnded(BatchDescription.@Nullable Redrive before, BatchDescription.@Nullable Redrive now) {
        boolean isOther = before != null
                && before.endedAt() != null
                && now != null
                && now.at().equals(before.at());
        return now != null && now.endedAt() != null && !isOther;
    }
}
