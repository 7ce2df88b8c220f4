package io.nightshift.coordinator.verification;

import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourcePins;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Whether the ids of the output, good rows and bad ones together, are the ids of the input, each once. It
/// reads the input again, some partitions at a time; it compares a group that differs partition by partition.
final class RecordIds {

    private static final long GROUP_ROWS = 1_000_000;
    private static final int GROUP_PARTITIONS = 50;
    private static final int IDS_SHOWN = 5;

    /// The result of the comparison with the input.
    enum Comparison {
        SAME,
        DIFFERENT,
        IMPOSSIBLE
    }

    private final OutputProof output;
    private final @Nullable String id;
    private final List<SourceFile> pinned;
    private final PinComparison pins;
    private final PartitionPlan.Index plan;

    /// The partitions of the plan some of whose rows are in supplements, or may be.
    private final Set<Integer> supplemented;

    /// @param pins compares the input's files with their pins
    RecordIds(OutputProof output, History history, PinComparison pins) {
        this.output = output;
        this.pins = pins;
        this.id = history.state().submission().job().source().id();
        this.pinned = history.state().pinned().files();
        this.plan = history.state().pinned().index();
        this.supplemented = history.state().supplements().isEmpty()
                ? Set.of()
                : history.planned().stream()
                        .filter(commit -> commit.quarantined() > 0)
                        .map(PartitionCommit::partition)
                        .collect(Collectors.toSet());
    }

    /// Compares the ids of the committed output with those of the input, if the input has not changed. If it
    /// changes meanwhile, a difference says nothing.
    Comparison compare(List<PartitionCommit> commits, Check check) {
        Optional<String> change = SourcePins.change(pinned, pins);
        List<Finding> problems = new ArrayList<>();
        if (change.isEmpty()) {
            Check comparison = new Check("input", problems::add);
            try {
                compareInGroups(
                        commits.stream()
                                .filter(commit -> !isSupplemented(commit))
                                .toList(),
                        comparison);
                compareSupplemented(
                        commits.stream().filter(this::isSupplemented).toList(), comparison);
            } catch (FailureException e) {
                comparison.problem("the input can't be compared: %s", e.getMessage());
            }
            change = SourcePins.change(pinned, pins);
        }
        if (change.isPresent()) {
            check.open("not compared with the input, which has changed: %s", change.get());
            return Comparison.IMPOSSIBLE;
        }
        problems.forEach(problem -> check.problem("%s", problem.detail()));
        long rows = commits.stream().mapToLong(PartitionCommit::read).sum();
        check.proved("the input is as it was, and each of the %,d rows read from it is in the output once", rows);
        return check.hasProblems() ? Comparison.DIFFERENT : Comparison.SAME;
    }

    private boolean isSupplemented(PartitionCommit commit) {
        return commit.partition() >= plan.partitions() || supplemented.contains(commit.partition());
    }

    /// Compares the partitions that had quarantined rows with the supplements, all together: their rows are in
    /// both.
    private void compareSupplemented(List<PartitionCommit> commits, Check check) {
        if (commits.isEmpty()) {
            return;
        }
        List<PartitionCommit> planned = commits.stream()
                .filter(commit -> commit.partition() < plan.partitions())
                .toList();
        if (!output.areSame(commits, slices(planned))) {
            check.problem(
                    "the ids in the output of %,d partitions and of the supplements are not those of these partitions' input",
                    planned.size());
        }
    }

    private void compareInGroups(List<PartitionCommit> commits, Check check) {
        List<PartitionCommit> group = new ArrayList<>();
        long rows = 0;
        for (PartitionCommit commit : commits) {
            boolean isOtherCut = !group.isEmpty()
                    && !Objects.equals(plan.cut(group.getFirst().partition()), plan.cut(commit.partition()));
            if (rows >= GROUP_ROWS || group.size() == GROUP_PARTITIONS || isOtherCut) {
                compareGroup(group, check);
                group.clear();
                rows = 0;
            }
            group.add(commit);
            rows += commit.rows();
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
        return output.areSame(commits, slices(commits));
    }

    /// The input rows of some partitions, with adjacent slices of a file joined if they are of one cut.
    private List<Slice> slices(List<PartitionCommit> commits) {
        List<Slice> slices = new ArrayList<>();
        for (PartitionCommit commit : commits) {
            for (Slice slice : plan.slices(commit.partition())) {
                Slice last = slices.isEmpty() ? null : slices.getLast();
                if (last != null
                        && last.file().equals(slice.file())
                        && last.endRow() == slice.firstRow()
                        && Objects.equals(last.cut(), slice.cut())) {
                    slices.set(
                            slices.size() - 1,
                            new Slice(
                                    last.file(),
                                    last.firstRow(),
                                    last.rows() + slice.rows(),
                                    last.selected() + slice.selected(),
                                    last.cut()));
                } else {
                    slices.add(slice);
                }
            }
        }
        return slices;
    }

    /// Looks for ids that occur more than once.
    ///
    /// @param comparison with the input: it says whether the input repeats them
    void checkRepeated(List<PartitionCommit> commits, Comparison comparison, Check check) {
        List<String> repeated = commits.isEmpty() ? List.of() : output.repeated(commits, IDS_SHOWN);
        if (!repeated.isEmpty()) {
            String shown = String.join(", ", repeated) + (repeated.size() == IDS_SHOWN ? ", …" : "");
            switch (comparison) {
                case SAME ->
                    check.problem(
                            "the input itself repeats ids in its column %s: %s. Each of these rows is in the output once; with source.unique-id the batch would have failed",
                            id, shown);
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
