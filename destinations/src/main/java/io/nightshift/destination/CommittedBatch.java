package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A batch according to its ledger, as far as a destination needs it.
///
/// @param model the version that has scored it
/// @param submittedAt when the batch was submitted
/// @param incarnation of the coordinator that is in charge
/// @param input the pinned input
/// @param commits those that count, in the order of the partitions: of the plan, and then of the supplements
/// @param supplements rows that were added to the published batch, in order; only the last one has a quarantine
/// @param rescored partitions that had another winner before
/// @param checked the results of the job's checks; null if the job has none, or before they are known
/// @param approved the approval in spite of failed checks; null if there is none
/// @param entries how many entries the ledger has of the batch
/// @param head the hash of the last of them
/// @param reusedFrom the ID of the batch whose parts it reuses, see
///     [io.nightshift.protocol.batch.Epoch#isReuse()]; null if it reuses none
/// @param canary how the candidate of the job's rollout has done; null if it has no canary
/// @param shadow how the candidate compares that has scored in addition; null if none has
public record CommittedBatch(
        BatchId id,
        Job job,
        ModelVersion model,
        Instant submittedAt,
        int incarnation,
        List<SourceFile> input,
        List<PartitionCommit> commits,
        List<Supplement> supplements,
        Set<Integer> rescored,
        @Nullable Checked checked,
        @Nullable Approved approved,
        long entries,
        String head,
        @Nullable String reusedFrom,
        @Nullable Canary canary,
        @Nullable Shadow shadow) {

    public CommittedBatch {
        input = List.copyOf(input);
        commits = List.copyOf(commits);
        supplements = List.copyOf(supplements);
        rescored = Set.copyOf(rescored);
    }

    /// A batch without supplements.
    public CommittedBatch(
            BatchId id,
            Job job,
            ModelVersion model,
            Instant submittedAt,
            int incarnation,
            List<SourceFile> input,
            List<PartitionCommit> commits,
            Set<Integer> rescored,
            @Nullable Checked checked,
            @Nullable Approved approved,
            long entries,
            String head) {
        this(
                id,
                job,
                model,
                submittedAt,
                incarnation,
                input,
                commits,
                List.of(),
                rescored,
                checked,
                approved,
                entries,
                head,
                null,
                null,
                null);
    }

    /// Rows of the input that the commits of the plan's partitions cover.
    public long rows() {
        return commits.stream().mapToLong(PartitionCommit::rows).sum()
                - supplements.stream()
                        .mapToLong(supplement -> supplement.commit().rows())
                        .sum();
    }

    /// Rows that the job's condition let through.
    public long read() {
        return commits.stream().mapToLong(PartitionCommit::read).sum();
    }

    public long predictions() {
        return commits.stream().mapToLong(PartitionCommit::predictions).sum();
    }

    public long quarantined() {
        return commits.stream().mapToLong(PartitionCommit::quarantined).sum();
    }

    /// Rows with a category that the model does not know, by feature; only features that have such rows.
    public SortedMap<String, Long> unseenCategories() {
        SortedMap<String, Long> sums = new TreeMap<>();
        commits.forEach(
                commit -> commit.unseenCategories().forEach((feature, rows) -> sums.merge(feature, rows, Long::sum)));
        return sums;
    }

    /// The same batch with the commits of this partition and those after it only.
    ///
    /// @param partition position in the plan
    public CommittedBatch from(int partition) {
        List<PartitionCommit> rest = commits.stream()
                .filter(commit -> commit.partition() >= partition)
                .toList();
        return new CommittedBatch(
                id,
                job,
                model,
                submittedAt,
                incarnation,
                input,
                rest,
                supplements,
                rescored,
                checked,
                approved,
                entries,
                head,
                reusedFrom,
                canary,
                shadow);
    }

    /// The same batch at one of the destinations of its job.
    ///
    /// @param destination its position in the job, from 0
    public CommittedBatch at(int destination) {
        return new CommittedBatch(
                id,
                job.withDestination(job.destination().members().get(destination)),
                model,
                submittedAt,
                incarnation,
                input,
                commits.stream().map(commit -> commit.at(destination)).toList(),
                supplements.stream()
                        .map(supplement -> supplement.at(destination))
                        .toList(),
                rescored,
                checked,
                approved,
                entries,
                head,
                reusedFrom,
                canary,
                shadow);
    }

    /// The commit of a partition, or null if there is none.
    public @Nullable PartitionCommit commit(int partition) {
        int low = 0;
        int high = commits.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int found = commits.get(middle).partition();
            if (found == partition) {
                return commits.get(middle);
            }
            if (found < partition) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }
}
