package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers for a batch whose ledger can't be read. It writes nothing to the ledger, leases nothing and
/// accepts no commit. An operator can only close the batch: `cancel` ends it in the batch register, so that
/// the job can start another one. Staged output stays, because it may help to find the cause.
///
/// A batch whose ledger a later version has written is sound. Only this node can't read it, so it neither
/// closes the batch nor judges an attempt. A worker asks again, until a node of the later version has the
/// batch.
///
/// @param damage why the batch can't be resumed
/// @param isNewer whether a later version wrote the ledger
/// @param isClosed whether an operator has closed the batch since its actor started on this node
/// @param register sends a command to the batch register
record DamagedBatch(
        BatchId batch, String damage, boolean isNewer, boolean isClosed, Consumer<BatchRegisterCommand> register) {

    private static final Logger LOG = LoggerFactory.getLogger(DamagedBatch.class);

    /// @return whether the batch is closed now
    boolean answer(CoordinatorMessage message) {
        if (!(message instanceof CoordinatorMessage.CommandReceived(BatchCommand command))) {
            return false;
        }
        switch (command) {
            case BatchCommand.Describe describe -> describe.replyTo().tell(BatchStatus.damaged(batch, damage));
            case BatchCommand.Control control
            when isNewer ->
                control.replyTo()
                        .tell(new ControlReply.Refused(batch, damage + ". Install the later version on this node"));
            case BatchCommand.Cancel cancel -> {
                LOG.warn("{}: the damaged batch is closed: {}", batch, cancel.reason());
                end();
                cancel.replyTo().tell(new ControlReply.Done(batch, Phase.CANCELLED));
                return true;
            }
            case BatchCommand.Control control ->
                control.replyTo()
                        .tell(new ControlReply.Refused(batch, damage + ". A damaged batch can only be cancelled"));
            case BatchCommand.RequestLease request -> request.worker().tell(new WorkerMessage.NothingToLease(batch));
            case BatchCommand.Heartbeat heartbeat -> abandon(heartbeat.worker(), heartbeat.attempt());
            case BatchCommand.Commit commit ->
                abandon(commit.worker(), commit.commit().attempt(batch));
            case BatchCommand.Open open -> {}
            case BatchCommand.EnsureStarted start -> {
                // The register repeats this message until it receives the end.
                if (isClosed) {
                    end();
                }
            }
            case BatchCommand.ReleaseLease release -> {}
            case BatchCommand.ReportAlerts report -> {}
            case BatchCommand.Retire retire -> {}
            case BatchCommand.AttemptDiscarded discarded -> {}
            case BatchCommand.AttemptFailed failed -> {}
        }
        return false;
    }

    private void end() {
        register.accept(new BatchRegisterCommand.BatchEnded(batch, Phase.CANCELLED));
    }

    private void abandon(ActorRef<WorkerMessage> worker, Attempt attempt) {
        if (!isNewer) {
            worker.tell(new WorkerMessage.Abandon(attempt, damage));
        }
    }
}
