package io.nightshift.cli.batch;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.ControlReply;
import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;

/// `batch resume`.
@Command(name = "resume", description = "Lets a paused batch go on.", mixinStandardHelpOptions = true)
final class BatchResumeCommand extends ControlCommand {

    @Override
    BatchCommand.Control control(ActorRef<ControlReply> replyTo) {
        return new BatchCommand.Resume(replyTo);
    }

    @Override
    String done() {
        return "goes on";
    }
}
