package io.nightshift.coordinator.register;

import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.register.BatchRegisterState.KeyUse;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.RunKey;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The archive of ended batches and of idempotency keys that have left the register's memory. Only the register
/// writes it. Its rows never change, and they follow from the register's events, so that it can be written again
/// at any time.
///
/// A row is written before the event with which its batch leaves the register. So a reader that
/// asks the register first and the archive second misses no batch. It may find a batch in both.
///
/// Methods wait for the database, and throw a [io.nightshift.protocol.failure.FailureException] if it can't be
/// used.
public interface BatchArchive {

    /// A question that the register asks before it decides about a submission.
    ///
    /// @param run that the submission belongs to
    /// @param key its idempotency key, or null
    /// @param candidate an ID for the batch that it may open
    /// @param archives [BatchRegisterState#archives()] when the question was asked. If the register has archived
    ///     more since, the answer may lack what left the register's memory meanwhile
    record Question(RunKey run, @Nullable String key, BatchId candidate, long archives) {}

    /// The answer to a question.
    ///
    /// @param question the question
    /// @param use the first use of the key; null if the archive has none
    /// @param published the batch of the run that was published last; null if the archive has none
    /// @param isTaken whether a batch of the archive has the candidate's ID
    record Answer(
            Question question,
            @Nullable KeyUse use,
            @Nullable Entry published,
            boolean isTaken) {}

    /// Writes what is not there yet, all or nothing.
    ///
    /// @return the position of the journal's last entry
    long write(BatchRegisterState.Archivable rows);

    Answer answer(Question question);

    /// The first use of a key.
    Optional<KeyUse> use(String job, String key);

    /// The batches whose IDs begin with a text, in the order of their IDs.
    ///
    /// @param limit the most batches, at least 1
    List<BatchId> startingWith(String prefix, int limit);

    /// Releases what the archive holds. It can be used again.
    void close();
}
