package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;

/// The effect of a run's submission on the run's open batch if the source has other files than the batch scores.
/// The submitted job says it in `source.on-change`.
///
/// Two digests are compared: the one of the submission, and the one of the files that the batch scores. Without
/// them, the batch is resumed as it is, and its workers compare what they read with the plan. So it is with a
/// source that is not files, see [io.nightshift.protocol.job.Input#isFiles], with an incremental job, whose
/// next batch reads the new files, and with a ledger that does not say the input.
enum InputChange {
    /// The input has not changed or has no digest, or the batch has committed everything and is finished first.
    NONE,
    /// The batch is not resumed.
    REFUSED,
    /// The batch is asked to take in the new files.
    EXTENDS,
    /// The batch is cancelled, and another one is opened.
    RESTARTS;

    /// Why a batch is cancelled that another one replaces, for its ledger.
    static final String RESTART_REASON =
            "replaced by a later batch: its input has changed, and the job says source.on-change: restart";

    /// @param status of the batch, as its coordinator has just reported it
    static InputChange of(BatchRegisterState.Entry open, BatchStatus status, Submission submission) {
        Job.Source source = submission.job().source();
        String scored = input(open, status);
        if (!source.input().isFiles()
                || submission.job().incremental() != null
                || scored.isEmpty()
                || scored.equals(submission.input())
                || BatchRegisterState.conflict(open, submission).isPresent()) {
            return NONE;
        }
        if (source.onChange() == Job.OnChange.RESTART) {
            return RESTARTS;
        }
        if (isAllCommitted(status)) {
            return NONE;
        }
        return source.onChange() == Job.OnChange.EXTEND ? EXTENDS : REFUSED;
    }

    /// The answer to a submission that does not resume a batch.
    ///
    /// @param noun what the batch is of, for people
    static BatchRegisterCommand.Rejected refusal(BatchId batch, String noun) {
        return new BatchRegisterCommand.Rejected(
                Failure.permanent(
                        "batch %s of this %s is open, but its input has changed since it was opened: a file of the source was changed, added or removed. Restore the files to resume it, set source.on-change to extend or restart, or start a new batch with --new"
                                .formatted(batch, noun)),
                batch);
    }

    /// The digest of the files that a batch scores; empty if it is not known.
    private static String input(BatchRegisterState.Entry open, BatchStatus status) {
        if (status.input() != null) {
            return status.input();
        }
        Submission last = open.submission();
        return status.phase() == null && last != null ? last.input() : open.input();
    }

    private static boolean isAllCommitted(BatchStatus status) {
        return status.phase() == Phase.PUBLISHING || (status.phase() == Phase.FAILED && status.isComplete());
    }
}
