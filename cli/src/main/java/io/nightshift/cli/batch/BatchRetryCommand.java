package io.nightshift.cli.batch;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.ControlReply;
import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;

/// `batch retry`.
@Command(
        name = "retry",
        description =
                "Lets a failed batch go on with what is not committed, or a running one with the partitions that failed too often.",
        mixinStandardHelpOptions = true)
final class BatchRetryCommand extends ControlCommand {

    @Override
    BatchCommand.Control control(ActorRef<ControlReply> replyTo) {
        return new BatchCommand.Retry(replyTo);
    }

    @Override
    String done() {
        return "is tried again";
    }
}
