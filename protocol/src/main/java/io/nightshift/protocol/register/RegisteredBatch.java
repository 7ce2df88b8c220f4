package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A batch in the batch register, as it is stored in a snapshot of the register and in the archive of ended
/// batches.
///
/// @param batch its ID
/// @param number its position in the order of submission. A batch that was entered again shares the number of the
///     batch before it
/// @param at when it was opened
/// @param run the job's name and the values of its parameters
/// @param fingerprint of the job file, as in [Submission]
/// @param input as in [Submission]
/// @param model as in [Submission]
/// @param submission that opened it; null after it has ended
/// @param caller the name of its caller's token, or null; null after it has ended
/// @param superseded whether a later batch of the run was opened while this one was open
/// @param end published or cancelled; null until the batch has ended
public record RegisteredBatch(
        BatchId batch,
        long number,
        Instant at,
        RunKey run,
        String fingerprint,
        String input,
        ModelVersion model,
        @Nullable Submission submission,
        @Nullable String caller,
        boolean superseded,
        @Nullable Phase end) {}
