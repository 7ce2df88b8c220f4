package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.Phase;

/// What an operator may want of a batch in which phase.
final class ControlRules {

    enum Verdict {
        TO_BE_DONE,
        /// The batch is as it is to be; most often the request comes again.
        HOLDS_ALREADY,
        REFUSED
    }

    private ControlRules() {}

    static Verdict verdict(Phase phase, BatchCommand.Control request) {
        return switch (request) {
            case BatchCommand.Pause pause ->
                switch (phase) {
                    case SUBMITTED, RUNNING -> Verdict.TO_BE_DONE;
                    case PAUSED -> Verdict.HOLDS_ALREADY;
                    case PUBLISHING, PUBLISHED, FAILED, CANCELLED -> Verdict.REFUSED;
                };
            case BatchCommand.Resume resume ->
                switch (phase) {
                    case PAUSED -> Verdict.TO_BE_DONE;
                    case SUBMITTED, RUNNING, PUBLISHING -> Verdict.HOLDS_ALREADY;
                    case PUBLISHED, FAILED, CANCELLED -> Verdict.REFUSED;
                };
            case BatchCommand.Cancel cancel ->
                switch (phase) {
                    case SUBMITTED, RUNNING, PAUSED, FAILED -> Verdict.TO_BE_DONE;
                    case CANCELLED -> Verdict.HOLDS_ALREADY;
                    case PUBLISHING, PUBLISHED -> Verdict.REFUSED;
                };
            case BatchCommand.Retry retry ->
                switch (phase) {
                    case RUNNING, PAUSED, FAILED -> Verdict.TO_BE_DONE;
                    case SUBMITTED, PUBLISHING -> Verdict.HOLDS_ALREADY;
                    case PUBLISHED, CANCELLED -> Verdict.REFUSED;
                };
            case BatchCommand.Rescore rescore ->
                switch (phase) {
                    case SUBMITTED, RUNNING, PAUSED, FAILED -> Verdict.TO_BE_DONE;
                    case PUBLISHING, PUBLISHED, CANCELLED -> Verdict.REFUSED;
                };
        };
    }

    /// Whether a publication that is under way somewhere would show what is no longer so.
    static boolean changesWhatIsCommitted(BatchCommand.Control request) {
        return request instanceof BatchCommand.Cancel || request instanceof BatchCommand.Rescore;
    }

    /// Why a phase refuses, in one sentence.
    static String refusal(Phase phase) {
        return switch (phase) {
            case PUBLISHING -> "it is being published, which can't be stopped";
            case PUBLISHED -> "it is published, and a published batch never changes";
            case CANCELLED -> "it is cancelled";
            case FAILED -> "it has failed. A retry lets it go on";
            case SUBMITTED, RUNNING, PAUSED -> "it is " + phase;
        };
    }
}
