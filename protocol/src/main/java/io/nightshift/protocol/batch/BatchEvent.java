package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.List;

/// What happened to a batch. Events are the truth: they are persisted before anyone is told, and
/// never changed or deleted. A new field needs a default for events written before it; a golden
/// file of every version is in the tests.
public sealed interface BatchEvent {

    Instant at();

    /// The batch exists.
    ///
    /// @param job as validated, its paths absolute
    /// @param model the version that scores the whole batch
    record Submitted(Instant at, BatchId batch, Job job, ModelVersion model) implements BatchEvent {}

    /// A coordinator took charge; its leases carry this incarnation.
    ///
    /// @param node `host:port`
    record TookOver(Instant at, int incarnation, String node) implements BatchEvent {}

    /// The input is pinned and cut.
    record Planned(Instant at, List<SourceFile> files, PartitionPlan partitions) implements BatchEvent {
        public Planned {
            files = List.copyOf(files);
        }
    }

    /// Partitions were committed, in one journal write.
    record Committed(Instant at, List<PartitionCommit> commits) implements BatchEvent {
        public Committed {
            commits = List.copyOf(commits);
        }
    }

    /// An attempt failed; the partition waits for another, unless the batch fails of it.
    record AttemptFailed(Instant at, int partition, Epoch epoch, String node, Failure failure) implements BatchEvent {}

    /// Nothing is leased from here on, until [Resumed].
    ///
    /// @param reason given by who asked; may be empty
    record Paused(Instant at, String reason) implements BatchEvent {}

    /// A paused batch goes on.
    record Resumed(Instant at) implements BatchEvent {}

    /// Committed partitions are to be scored again: their commits don't count any more, nor do their
    /// failed attempts.
    ///
    /// @param partitions at least one, each once
    record Rescored(Instant at, List<Integer> partitions) implements BatchEvent {
        public Rescored {
            partitions = List.copyOf(partitions);
        }
    }

    /// The batch stopped with a reason.
    record Failed(Instant at, Failure failure) implements BatchEvent {}

    /// A batch goes on with the partitions that failed, and, if it had failed, with all that isn't
    /// committed; attempts are counted from zero.
    record Retried(Instant at) implements BatchEvent {}

    /// Readers see the batch.
    ///
    /// @param destination the folder of this batch
    /// @param manifest SHA-256 of its `_manifest.json`
    record Published(Instant at, String destination, String manifest) implements BatchEvent {}

    /// The batch was given up.
    record Cancelled(Instant at, String reason) implements BatchEvent {}
}
