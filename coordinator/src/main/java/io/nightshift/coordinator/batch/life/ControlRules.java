package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.batch.state.Transitions;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Phase;

/// The phases in which each control is possible: those in which its event may happen, see [Transitions].
public final class ControlRules {

    enum Verdict {
        /// The control's event may happen now.
        POSSIBLE,
        /// The batch is where the control would lead it. Most often the request is a repetition.
        HOLDS_ALREADY,
        REFUSED
    }

    private ControlRules() {}

    static Verdict verdict(Phase phase, BatchCommand.Control request) {
        Class<? extends BatchEvent> event = event(request);
        if (Transitions.allows(phase, event)) {
            return Verdict.POSSIBLE;
        }
        return Transitions.destinations(event).contains(phase) ? Verdict.HOLDS_ALREADY : Verdict.REFUSED;
    }

    private static Class<? extends BatchEvent> event(BatchCommand.Control request) {
        return switch (request) {
            case BatchCommand.Pause pause -> BatchEvent.Paused.class;
            case BatchCommand.Resume resume -> BatchEvent.Resumed.class;
            case BatchCommand.Cancel cancel -> BatchEvent.Cancelled.class;
            case BatchCommand.Retry retry -> BatchEvent.Retried.class;
            case BatchCommand.Rescore rescore -> BatchEvent.Rescored.class;
            case BatchCommand.IgnoreWindow ignore -> BatchEvent.WindowIgnored.class;
            case BatchCommand.Approve approve -> BatchEvent.Approved.class;
            case BatchCommand.Delete delete -> BatchEvent.RemovalBegun.class;
            case BatchCommand.Redrive redrive -> BatchEvent.RedriveBegun.class;
        };
    }

    /// Whether the control changes which commits count, so that a publication which is still running
    /// somewhere would show output that no longer counts.
    static boolean changesCommits(BatchCommand.Control request) {
        return request instanceof BatchCommand.Cancel || request instanceof BatchCommand.Rescore;
    }

    /// Why a control is refused in a phase, in one sentence.
    static String refusal(Phase phase) {
        return switch (phase) {
            case SUBMITTED -> "it is not planned yet";
            case RUNNING, PAUSED -> "it is " + phase;
            case PUBLISHING -> "it is being published. Wait for the end, or cancel it";
            case HELD -> "it is held because a check has failed. Approve it, or cancel it";
            case FAILED -> "it has failed. Retry it first";
            case PUBLISHED -> "it is published, and a published batch never changes";
            case CANCELLED -> "it is cancelled";
        };
    }
}
