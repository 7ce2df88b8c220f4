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
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Mixin;

/// A command that controls a batch. It returns when the change is durable. Repeating it changes nothing more.
/// If the node ends with the command, and the batch continues by the change, the command waits for the batch.
abstract class ControlCommand extends ClusterCommand {

    /// The phases in which a node has work for the batch.
    private static final Set<Phase> WORKING = EnumSet.of(Phase.SUBMITTED, Phase.RUNNING, Phase.PUBLISHING);

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    abstract BatchControl control();

    /// The sentence that reports success, with a `%s` for the batch.
    abstract String done();

    /// Whether the change gives the batch work.
    boolean continues() {
        return false;
    }

    /// Waits for what the node does after the change, because the node ends with the command.
    ///
    /// @return the exit status
    int finish(ClusterAccess cluster, BatchId batch) {
        return ExitStatus.DONE;
    }

    /// The batch that the user names.
    final String batch() {
        return wanted.name();
    }

    @Override
    protected int run(ClusterAccess cluster) {
        return switch (cluster.control(wanted.name(), control())) {
            case ControlReply.Done(BatchId of, Phase phase) -> {
                boolean isWatched = cluster.endsWithCommand() && continues() && WORKING.contains(phase);
                if (asJson() && !isWatched) {
                    ObjectNode json = JsonOutput.object();
                    json.put("batch", of.value());
                    json.put("state", phase.toString());
                    JsonOutput.print(out(), json);
                } else if (!asJson()) {
                    out().println(done().formatted(of));
                    out().flush();
                }
                if (isWatched) {
                    yield watch(cluster, of);
                }
                yield cluster.endsWithCommand() ? finish(cluster, of) : ExitStatus.DONE;
            }
            case ControlReply.Refused(BatchId of, String reason) -> {
                err().println("nightshift: " + reason);
                yield ExitStatus.FAILED;
            }
        };
    }

    private int watch(ClusterAccess cluster, BatchId batch) {
        return new BatchWatch(cluster, out(), err(), asJson(), options()).run(batch.value());
    }
}
