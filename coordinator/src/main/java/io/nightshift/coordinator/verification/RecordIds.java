package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.plan.SourcePins;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether the ids of the output, good rows and bad ones together, are the ids of the input, each
/// once. The input is read again for it, some partitions at a time; a group that differs is looked
/// at partition by partition.
final class RecordIds {

    private static final long GROUP_ROWS = 1_000_000;
    private static final int GROUP_PARTITIONS = 50;
    private static final int IDS_SHOWN = 5;

    /// What the comparison with the input came to.
    enum Comparison {
        SAME,
        DIFFERENT,
        IMPOSSIBLE
    }

    /// The ids of some partitions' output and of the rows that they came from.
    interface Ids {

        /// Whether they are the same, each as often.
        boolean areSame(List<PartitionCommit> commits, List<Slice> slices);

        /// `id × times` of ids that are in the output more than once.
        List<String> repeated(List<PartitionCommit> commits, int limit);
    }

    private final Ids ids;
    private final Job.Source source;
    private final List<SourceFile> pinned;
    private final PartitionPlan.Index plan;

    RecordIds(Ids ids, History history) {
        this.ids = ids;
        this.source = history.state().submission().job().source();
        this.pinned = history.state().pinned().files();
        this.plan = history.state().pinned().index();
    }

    /// Compares the ids of the committed output with those of the input, if that is still the pinned
    /// one.
    Comparison compare(List<PartitionCommit> commits, Check check) {
        Optional<String> change = SourcePins.change(pinned);
        if (change.isEmpty()) {
            try {
                compareInGroups(commits, check);
            } catch (FailureException e) {
                check.problem("the input can't be compared: %s", e.getMessage());
            }
            change = SourcePins.change(pinned);
        }
        if (change.isPresent()) {
            check.open("not compared with the input, which has changed: %s", change.get());
            return Comparison.IMPOSSIBLE;
        }
        long rows = commits.stream().mapToLong(PartitionCommit::read).sum();
        check.proved("the input is as it was, and each of the %,d rows read from it is in the output once", rows);
        return check.hasProblems() ? Comparison.DIFFERENT : Comparison.SAME;
    }

    private void compareInGroups(List<PartitionCommit> commits, Check check) {
        List<PartitionCommit> group = new ArrayList<>();
        long rows = 0;
        for (PartitionCommit commit : commits) {
            group.add(commit);
            rows += commit.rows();
            if (rows >= GROUP_ROWS || group.size() == GROUP_PARTITIONS) {
                compareGroup(group, check);
                group.clear();
                rows = 0;
            }
        }
        compareGroup(group, check);
    }

    private void compareGroup(List<PartitionCommit> group, Check check) {
        if (group.isEmpty() || isSame(group)) {
            return;
        }
        for (PartitionCommit commit : group) {
            if (check.hasToldEnough() || !isSame(List.of(commit))) {
                check.problem(
                        "partition %d: the ids in its output are not those of rows %,d to %,d of the input",
                        commit.partition(), commit.firstRow(), commit.firstRow() + commit.rows() - 1);
            }
        }
    }

    private boolean isSame(List<PartitionCommit> commits) {
        return ids.areSame(commits, slices(commits));
    }

    /// The rows behind some partitions, adjacent slices of a file as one.
    private List<Slice> slices(List<PartitionCommit> commits) {
        List<Slice> slices = new ArrayList<>();
        for (PartitionCommit commit : commits) {
            for (Slice slice : plan.slices(commit.partition())) {
                Slice last = slices.isEmpty() ? null : slices.getLast();
                if (last != null && last.file().equals(slice.file()) && last.endRow() == slice.firstRow()) {
                    slices.set(slices.size() - 1, new Slice(last.file(), last.firstRow(), last.rows() + slice.rows()));
                } else {
                    slices.add(slice);
                }
            }
        }
        return slices;
    }

    /// Looks for ids that are there more than once.
    ///
    /// @param comparison tells whose fault it is
    void checkRepeated(List<PartitionCommit> commits, Comparison comparison, Check check) {
        List<String> repeated = commits.isEmpty() ? List.of() : ids.repeated(commits, IDS_SHOWN);
        if (!repeated.isEmpty()) {
            String shown = String.join(", ", repeated) + (repeated.size() == IDS_SHOWN ? ", …" : "");
            switch (comparison) {
                case SAME ->
                    check.problem(
                            "the input itself repeats ids in its column %s: %s. Each of these rows is in the output once; with source.unique-id the batch would have failed",
                            source.id(), shown);
                case DIFFERENT -> check.problem("ids are in the output more than once: %s", shown);
                case IMPOSSIBLE ->
                    check.problem(
                            "ids are in the output more than once: %s. Whether the input repeats them can't be said any more",
                            shown);
            }
        }
        check.proved("no id is in the output twice");
    }
}
