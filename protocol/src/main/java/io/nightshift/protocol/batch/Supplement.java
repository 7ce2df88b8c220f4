package io.nightshift.protocol.batch;

import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.List;

/// Rows that were added to a published batch: quarantined rows that could be scored later. It counts as one
/// more partition after those of the plan, and its quarantine replaces all quarantine of the batch.
///
/// @param number from 1, in the order of publication
/// @param at when it was committed
/// @param commit the part with the predictions, and the quarantine with all rows that are still quarantined.
///     Its rows are no rows of the plan, and its unseen categories are those of the first scoring, so it has
///     none
/// @param input the files that were read, with the identity that they had
public record Supplement(int number, Instant at, PartitionCommit commit, List<SourceFile> input) {

    /// Keeps an unmodifiable copy of the list.
    public Supplement {
        if (number < 1 || commit.predictions() < 1) {
            throw new IllegalArgumentException(
                    "supplement %d with %d predictions".formatted(number, commit.predictions()));
        }
        input = List.copyOf(input);
    }

    /// The same supplement with its output at one of several destinations.
    ///
    /// @param destination its position in the job, from 0
    public Supplement at(int destination) {
        return new Supplement(number, at, commit.at(destination), input);
    }
}
