package io.nightshift.coordinator.register;

import io.nightshift.protocol.register.BatchRegisterCommand;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Limits the commands that wait for the batch register while it reads or writes its events. Pekko would
/// silently drop those that exceed the capacity of its stash. The inbox answers the caller of a submission
/// instead, and drops only what its sender repeats anyway.
///
/// Used by the register's actor only.
final class RegisterInbox extends BehaviorInterceptor<BatchRegisterCommand, RegisterMessage> {

    /// Well below the capacity of Pekko's stash (4,096).
    static final int MOST_WAITING = 2_000;

    private long arrived;

    /// The number of the last command that the register has handled. All commands before it are handled or
    /// lost.
    private long handled;

    RegisterInbox() {
        super(BatchRegisterCommand.class);
    }

    /// The register handles a message.
    void handled(RegisterMessage message) {
        if (message instanceof RegisterMessage.CommandReceived command) {
            handled = command.number();
        }
    }

    @Override
    public Behavior<RegisterMessage> aroundReceive(
            TypedActorContext<BatchRegisterCommand> context,
            BatchRegisterCommand command,
            ReceiveTarget<RegisterMessage> target) {
        if (arrived - handled >= MOST_WAITING) {
            refuse(command);
            return Behaviors.same();
        }
        arrived++;
        return target.apply(context, new RegisterMessage.CommandReceived(command, arrived));
    }

    /// The callers of the other commands ask again when no answer comes.
    private static void refuse(BatchRegisterCommand command) {
        if (command instanceof BatchRegisterCommand.Submit submit) {
            ActorRef<BatchRegisterCommand.SubmitReply> caller = submit.replyTo();
            caller.tell(RegisterDecisions.tooMany());
        }
    }
}
