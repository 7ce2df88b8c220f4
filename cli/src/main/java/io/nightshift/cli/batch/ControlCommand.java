package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchControl;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.Json;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// A command that changes how a batch of a cluster goes on. Done when it is durable; done twice, it
/// changes nothing more.
abstract class ControlCommand extends ClusterCommand {

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    abstract BatchControl control();

    /// What came of it, in a word or two.
    abstract String done();

    @Override
    final int run(ClusterAccess cluster) {
        return switch (cluster.control(Objects.requireNonNull(name), control())) {
            case ControlReply.Done(BatchId of, Phase phase) -> {
                if (asJson()) {
                    ObjectNode json = Json.object();
                    json.put("batch", of.value());
                    json.put("state", phase.toString());
                    Json.print(out(), json);
                } else {
                    out().println("Batch %s %s; it is %s.".formatted(of, done(), phase));
                }
                yield ExitStatus.DONE;
            }
            case ControlReply.Refused(BatchId of, String reason) -> {
                err().println("Batch %s: %s".formatted(of, reason));
                yield ExitStatus.FAILED;
            }
        };
    }
}
