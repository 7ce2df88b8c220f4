package io.nightshift.node.submission;

import io.nightshift.protocol.failure.FailureException;
import java.util.Locale;

/// The largest plan of a batch. A coordinator holds its batch's whole plan in memory.
///
/// @param files the most input files
/// @param partitions the most partitions
public record PlanLimits(int files, int partitions) {

    /// The largest plans that are tested, and the default.
    public static final PlanLimits LARGEST = new PlanLimits(100_000, 1_000_000);

    /// Refuses a plan that no coordinator should have to hold.
    ///
    /// @throws FailureException permanent, if there are too many files or partitions
    void check(int planFiles, int planPartitions) {
        if (planFiles > files) {
            throw FailureException.permanent(String.format(
                    Locale.ROOT,
                    "the input has %,d files, and a batch can have at most %,d. Divide the input into several jobs, or"
                            + " merge small files",
                    planFiles,
                    files));
        }
        if (planPartitions > partitions) {
            throw FailureException.permanent(String.format(
                    Locale.ROOT,
                    "the plan has %,d partitions, and a batch can have at most %,d. Increase partitions.rows",
                    planPartitions,
                    partitions));
        }
    }
}
