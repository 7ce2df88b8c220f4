package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What happened to the batches of all jobs, in the order of their submission.
public sealed interface BatchRegisterEvent {

    Instant at();

    BatchId batch();

    /// A batch was opened. An earlier open batch of the same job is thereby given up.
    ///
    /// @param key by which the asker knows its submission, or null
    record Opened(
            Instant at,
            BatchId batch,
            Submission submission,
            @Nullable String key) implements BatchRegisterEvent {}

    /// A submission with a key meant a batch that was there.
    ///
    /// @param fingerprint of the job file that was submitted
    record Keyed(Instant at, BatchId batch, String key, String fingerprint) implements BatchRegisterEvent {}

    /// A batch ended.
    ///
    /// @param phase published or cancelled
    record Ended(Instant at, BatchId batch, Phase phase) implements BatchRegisterEvent {}
}
