package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchControl;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// A command that controls a batch of a cluster. It returns when the change is durable. Repeating it changes
/// nothing more.
abstract class ControlCommand extends ClusterCommand {

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    abstract BatchControl control();

    /// The sentence that reports success, with a `%s` for the batch.
    abstract String done();

    @Override
    final int run(ClusterAccess cluster) {
        return switch (cluster.control(Objects.requireNonNull(name), control())) {
            case ControlReply.Done(BatchId of, Phase phase) -> {
                if (asJson()) {
                    ObjectNode json = JsonOutput.object();
                    json.put("batch", of.value());
                    json.put("state", phase.toString());
                    JsonOutput.print(out(), json);
                } else {
                    out().println(done().formatted(of));
                }
                yield ExitStatus.DONE;
            }
            case ControlReply.Refused(BatchId of, String reason) -> {
                err().println("nightshift: " + reason);
                yield ExitStatus.FAILED;
            }
        };
    }
}
