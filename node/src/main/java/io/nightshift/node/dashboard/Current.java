package io.nightshift.node.dashboard;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.register.BatchRegisterState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The activity of the cluster at one moment.
///
/// @param batches every open batch, and the last batch of each job without one
/// @param jobs the applied jobs
/// @param alerts the newest open ones
record Current(List<Batch> batches, List<AppliedJob> jobs, AlertPage alerts) {

    Current {
        batches = List.copyOf(batches);
        jobs = List.copyOf(jobs);
    }

    /// @param description null if only the register was read
    record Batch(BatchRegisterState.Entry entry, @Nullable BatchDescription description) {}
}
