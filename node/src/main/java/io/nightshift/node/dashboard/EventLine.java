package io.nightshift.node.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// An event of a batch in one line. Unlike the event, it is short however many partitions were committed with it.
///
/// @param number of the ledger's entry, from 1
/// @param event its name, such as `took over`
/// @param text what it says; may be empty
/// @param by the name of the caller's token, if a caller asked for the event; otherwise null
@JsonInclude(Include.NON_NULL)
record EventLine(
        long number,
        Instant at,
        String event,
        String text,
        @Nullable String by) {

    private static final int LONGEST = 600;

    /// Nodes that are named; of more, the number is given.
    private static final int MOST_NODES = 3;

    static EventLine of(long number, BatchEvent event) {
        String name = event.getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
        return new EventLine(number, event.at(), name, Failure.shortened(text(event), LONGEST), event.by());
    }

    private static String text(BatchEvent event) {
        return switch (event) {
            case BatchEvent.TookOver tookOver -> "at " + tookOver.node();
            case BatchEvent.Planned planned ->
                "%s with %s"
                        .formatted(
                                count(planned.partitions().partitions(), "partition"),
                                count(planned.partitions().rows(), "row"));
            case BatchEvent.PlanExtended extended ->
                "%s with %s more"
                        .formatted(
                                count(extended.partitions().partitions(), "partition"),
                                count(extended.partitions().rows(), "row"));
            case BatchEvent.CanaryStarted started ->
                "the candidate scores %s first"
                        .formatted(count(started.partitions().size(), "partition"));
            case BatchEvent.CanaryDecided decided when decided.reason() != null -> decided.reason();
            case BatchEvent.CanaryDecided decided ->
                decided.results().stream().map(GuardResult::sentence).collect(Collectors.joining("; "));
            case BatchEvent.ShadowStarted started ->
                "the candidate scores %s in addition"
                        .formatted(
                                started.partitions().isEmpty()
                                        ? "all partitions"
                                        : count(started.partitions().size(), "partition"));
            case BatchEvent.ShadowAbandoned abandoned -> abandoned.reason();
            case BatchEvent.CandidatePromoted promoted ->
                promoted.refusal() == null ? promoted.alias() + " was moved" : promoted.refusal();
            case BatchEvent.Committed committed -> committed(committed.commits());
            case BatchEvent.PartsReused reused -> count(reused.commits().size(), "partition") + " taken over";
            case BatchEvent.AttemptFailed failed ->
                "partition %,d at %s: %s"
                        .formatted(
                                failed.partition(),
                                failed.node(),
                                failed.failure().message());
            case BatchEvent.StepFailed failed ->
                "at %s: %s".formatted(failed.node(), failed.failure().message());
            case BatchEvent.Paused paused -> paused.reason();
            case BatchEvent.Rescored rescored -> count(rescored.partitions().size(), "partition");
            case BatchEvent.Failed failed -> failed.failure().message();
            case BatchEvent.Checked checked ->
                checked.failed().findAny().isEmpty()
                        ? "all checks have passed"
                        : checked.failed().map(CheckResult::sentence).collect(Collectors.joining("; "));
            case BatchEvent.Approved approved -> approved.reason();
            case BatchEvent.Published published -> published.places();
            case BatchEvent.RemovalBegun begun -> begun.reason();
            case BatchEvent.RedriveBegun begun -> begun.reason();
            case BatchEvent.RedriveFailed failed -> failed.failure().message();
            case BatchEvent.SupplementCommitted committed ->
                count(committed.supplement().commit().predictions(), "row") + " added";
            case BatchEvent.WithdrawalBegun begun -> begun.failure().message();
            case BatchEvent.Cancelled cancelled -> cancelled.reason();
            case BatchEvent.Submitted submitted -> submitted.model().toString();
            case BatchEvent.ExtensionRequested requested -> "";
            case BatchEvent.OutageEnded ended -> "";
            case BatchEvent.Resumed resumed -> "";
            case BatchEvent.WindowIgnored ignored -> "";
            case BatchEvent.Retried retried -> "";
            case BatchEvent.Unpublished unpublished -> "";
            case BatchEvent.Removed removed -> "";
            case BatchEvent.SupplementPublished published -> "";
        };
    }

    private static String committed(List<PartitionCommit> commits) {
        TreeSet<String> nodes =
                commits.stream().map(PartitionCommit::node).collect(Collectors.toCollection(TreeSet::new));
        return "%s, %s, by %s"
                .formatted(
                        count(commits.size(), "partition"),
                        count(commits.stream().mapToLong(PartitionCommit::rows).sum(), "row"),
                        nodes.size() <= MOST_NODES ? String.join(", ", nodes) : count(nodes.size(), "node"));
    }

    private static String count(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }
}
