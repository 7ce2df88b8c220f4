package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchControl;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import picocli.CommandLine.Mixin;

/// A command that controls a batch of a cluster. It returns when the change is durable. Repeating it changes
/// nothing more.
abstract class ControlCommand extends ClusterCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    abstract BatchControl control();

    /// The sentence that reports success, with a `%s` for the batch.
    abstract String done();

    /// The batch that the user names.
    final String batch() {
        return wanted.name();
    }

    @Override
    protected int run(ClusterAccess cluster) {
        return switch (cluster.control(wanted.name(), control())) {
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
