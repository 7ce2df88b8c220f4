package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchControl;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SubmitResult;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch rescore`.
@Command(
        name = "rescore",
        description = {
            "Scores partitions of a batch again.",
            "With --model: opens another batch of a published batch's run. It scores the partitions with this model, and reuses all other parts unchanged. The published batch stays as it is. If you repeat the command, it finds the same batch.",
            "Without --model: withdraws the commits of partitions of an unpublished batch, which then scores these partitions again."
        },
        mixinStandardHelpOptions = true)
final class BatchRescoreCommand extends ControlCommand {

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "The registered model that scores the partitions, such as churn@3.")
    private @Nullable String model;

    @Option(
            names = "--partitions",
            paramLabel = "LIST",
            description =
                    "The numbers of the partitions, from 0, for example 0,7,12-15. With --model: all, unless --where-model is given.")
    private @Nullable String partitions;

    @Option(
            names = "--where-model",
            paramLabel = "MODEL",
            description =
                    "With --model: the partitions that this model has scored, such as churn@4 or sha256: and the digest of its file.")
    private @Nullable String whereModel;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "With --model: an idempotency key, as of `batch submit`.")
    private @Nullable String key;

    @Override
    protected int run(ClusterAccess cluster) {
        if (model == null) {
            if (whereModel != null || key != null) {
                throw FailureException.permanent("--where-model and --key need --model");
            }
            return super.run(cluster);
        }
        if (partitions != null && whereModel != null) {
            throw FailureException.permanent(
                    "--partitions and --where-model exclude each other; without both, all partitions are scored again");
        }
        List<Integer> listed = partitions == null ? List.of() : PartitionListParser.parse(partitions);
        SubmitResult submitted = cluster.rescore(batch(), new RescoreRequest(model, listed, whereModel), key);
        if (!cluster.endsWithCommand()) {
            show(submitted);
            return ExitStatus.DONE;
        }
        if (!asJson()) {
            out().println(sentence(submitted));
            out().flush();
        }
        return new BatchWatch(cluster, out(), err(), asJson(), options())
                .runSubmitted(submitted.batch(), submitted.resumed(), 0);
    }

    private void show(SubmitResult submitted) {
        String batch = submitted.batch();
        if (asJson()) {
            ObjectNode json = JsonOutput.object();
            json.put("batch", batch);
            json.put("resumed", submitted.resumed());
            json.put("already_published", submitted.alreadyPublished());
            JsonOutput.print(out(), json);
            return;
        }
        out().println(sentence(submitted));
        if (!submitted.alreadyPublished() && !submitted.repeated()) {
            out().println("Watch it: %s batch watch %s%s".formatted(ShellCommands.program(), batch, options()));
        }
    }

    private static String sentence(SubmitResult submitted) {
        if (submitted.alreadyPublished() || submitted.repeated()) {
            return "Nothing to do: batch %s is the answer to the same request.".formatted(submitted.batch());
        }
        return (submitted.resumed() ? "Resumed batch %s." : "Accepted batch %s.").formatted(submitted.batch());
    }

    @Override
    BatchControl control() {
        if (partitions == null) {
            throw FailureException.permanent(
                    "name the --partitions of a batch that is not published, or the --model to score a published batch again with");
        }
        return new BatchControl.Rescore(PartitionListParser.parse(partitions));
    }

    @Override
    boolean continues() {
        return true;
    }

    @Override
    String done() {
        return "Rescoring partitions of batch %s.";
    }
}
