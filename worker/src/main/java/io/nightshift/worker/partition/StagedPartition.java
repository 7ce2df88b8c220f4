package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.worker.partition.StepTimes.Step;
import java.io.IOException;
import java.util.List;

/// The third stage of an attempt: all rows are written, and nothing is durable yet. The source is closed. [#keep]
/// ends the attempt.
///
/// @param reasons why the first quarantined rows are quarantined
record StagedPartition(OutputSealing sealing, StepClock clock, PartitionCommit commit, List<String> reasons) {

    /// Makes the output durable, so that the partition may be committed.
    PartitionAttempt.Result keep() throws IOException {
        sealing.seal(output -> {
            output.keep();
            return true;
        });
        clock.ended(Step.SEAL);
        return new PartitionAttempt.Result(commit, reasons);
    }
}
