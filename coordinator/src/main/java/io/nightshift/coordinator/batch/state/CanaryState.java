package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.model.ModelVersion;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The canary of a batch. Before its decision, only its partitions are leased, so every commit is one of the
/// candidate.
///
/// @param status how far it is
/// @param partitions the partitions that the candidate scores first, ascending
/// @param read the rows of its commits that the job's `where` selects
/// @param quarantined those of them that are in the quarantine
/// @param compared what both models have made of these rows; null before the first commit that says so
public record CanaryState(
        Canary status,
        List<Integer> partitions,
        long read,
        long quarantined,
        @Nullable ModelComparison compared) {

    static CanaryState of(BatchEvent.CanaryStarted event, ModelVersion candidate, ModelVersion champion) {
        return new CanaryState(
                Canary.begun(event.at(), candidate, champion, event.partitions().size()),
                event.partitions(),
                0,
                0,
                null);
    }

    /// Whether it is not decided yet.
    public boolean isRunning() {
        return status.state() == Canary.State.RUNNING;
    }

    /// The version that scores partitions now.
    ModelVersion model() {
        return status.state() == Canary.State.FAILED ? status.champion() : status.candidate();
    }

    public boolean contains(int partition) {
        return Collections.binarySearch(partitions, partition) >= 0;
    }

    /// @throws IllegalStateException if the canary is not decided, and the partition is none of its own
    CanaryState committed(PartitionCommit commit) {
        if (!isRunning()) {
            return this;
        }
        if (!contains(commit.partition())) {
            throw new IllegalStateException(
                    "partition %d is committed before the canary is decided".formatted(commit.partition()));
        }
        ModelComparison more = commit.comparison();
        return new CanaryState(
                status,
                partitions,
                read + commit.read(),
                quarantined + commit.quarantined(),
                compared == null || more == null ? (more == null ? compared : more) : compared.plus(more));
    }

    CanaryState decided(BatchEvent.CanaryDecided event) {
        if (!isRunning()) {
            throw new IllegalStateException("the canary is decided twice");
        }
        return new CanaryState(status.decided(event), partitions, read, quarantined, compared);
    }

    CanaryState promoted(BatchEvent.CandidatePromoted event) {
        if (status.state() != Canary.State.PASSED) {
            throw new IllegalStateException("a candidate is promoted that has not passed");
        }
        return new CanaryState(status.promoted(event), partitions, read, quarantined, compared);
    }
}
