package io.nightshift.cli.batch;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.ControlReply;
import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch cancel`.
@Command(
        name = "cancel",
        description = "Gives a batch up and removes what it has staged.",
        mixinStandardHelpOptions = true)
final class BatchCancelCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Stays in the batch's history.")
    private String reason = "";

    @Override
    BatchCommand.Control control(ActorRef<ControlReply> replyTo) {
        return new BatchCommand.Cancel(reason, replyTo);
    }

    @Override
    String done() {
        return "is given up";
    }
}
