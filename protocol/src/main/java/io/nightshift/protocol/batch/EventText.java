package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.RunKey;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The words for the events of a batch: the same in the log, in the output of commands and on the dashboard.
public final class EventText {

    /// More ranges of partitions are not listed.
    private static final int RANGES = 5;

    /// Nodes that are named; of more, the number is given.
    private static final int NODES = 3;

    private EventText() {}

    /// The name of an event, such as `took over`.
    public static String name(BatchEvent event) {
        return event.getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }

    /// The event in one line, after the name of the caller who asked for it.
    public static String withCaller(BatchEvent event) {
        return byAndWhy(event.by(), of(event));
    }

    /// A reason, after the name of the caller who gave it.
    ///
    /// @param by null if no caller is known
    /// @param reason may be empty
    public static String byAndWhy(@Nullable String by, String reason) {
        if (by == null) {
            return reason;
        }
        return reason.isBlank() ? "by " + by : "by %s: %s".formatted(by, reason);
    }

    /// The event in one line, without its name and caller; may be empty.
    public static String of(BatchEvent event) {
        String words = switch (event) {
            case BatchEvent.Submitted submitted ->
                "job %s with model %s%s"
                        .formatted(
                                RunKey.of(submitted.job()),
                                submitted.model(),
                                submitted.untried() == null ? "" : "; no candidate is tried: " + submitted.untried());
            case BatchEvent.TookOver tookOver ->
                "%s took over the batch, incarnation %d".formatted(tookOver.node(), tookOver.incarnation());
            case BatchEvent.Planned planned ->
                "%s with %s, cut into %s"
                        .formatted(
                                count(
                                        planned.files().stream()
                                                .filter(file -> !file.isLookup())
                                                .count(),
                                        "file"),
                                count(planned.partitions().rows(), "row"),
                                count(planned.partitions().partitions(), "partition"));
            case BatchEvent.ExtensionRequested requested -> "the source may have new files; the batch scores them, too";
            case BatchEvent.PlanExtended extended ->
                "adds %s with %s, cut into %s; keeps the first %s of the earlier plan"
                        .formatted(
                                count(extended.files().size(), "file"),
                                count(extended.partitions().rows(), "row"),
                                count(extended.partitions().partitions(), "partition"),
                                count(extended.keptPartitions(), "partition"));
            case BatchEvent.CanaryStarted started ->
                "the candidate scores %s first, and no other is scored before it has passed"
                        .formatted(partitions(started.partitions()));
            case BatchEvent.CanaryDecided decided ->
                "the candidate has %s: %s"
                        .formatted(
                                decided.passed() ? "passed" : "failed",
                                decided.reason() == null
                                        ? decided.results().stream()
                                                .map(GuardResult::sentence)
                                                .collect(Collectors.joining("; "))
                                        : decided.reason());
            case BatchEvent.ShadowStarted started ->
                "the candidate scores %s in addition, unpublished"
                        .formatted(
                                started.partitions().isEmpty() ? "all partitions" : partitions(started.partitions()));
            case BatchEvent.ShadowAbandoned abandoned ->
                "the candidate scores no more partitions: " + abandoned.reason();
            case BatchEvent.CandidatePromoted promoted ->
                promoted.refusal() == null
                        ? "the alias %s was moved to the candidate%s"
                                .formatted(
                                        promoted.alias(),
                                        promoted.writeBack() == null ? "" : "; " + promoted.writeBack())
                        : "the alias %s was not moved: %s".formatted(promoted.alias(), promoted.refusal());
            case BatchEvent.Committed committed -> committed(committed.commits());
            case BatchEvent.PartsReused reused ->
                reused.commits().isEmpty()
                        ? "no part of the first %s is reused".formatted(count(reused.to(), "partition"))
                        : "reused: " + committed(reused.commits());
            case BatchEvent.AttemptFailed failed ->
                "partition %d, attempt %s on %s: %s"
                        .formatted(
                                failed.partition(),
                                failed.epoch(),
                                failed.node(),
                                failed.failure().message());
            case BatchEvent.StepFailed failed ->
                "on %s: %s; retried until %s"
                        .formatted(
                                failed.node(),
                                failed.failure().message(),
                                failed.until().truncatedTo(ChronoUnit.SECONDS));
            case BatchEvent.OutageEnded ended -> "the batch no longer waits for a resource";
            case BatchEvent.Paused paused -> paused.reason();
            case BatchEvent.Resumed resumed -> "resumed from where it paused";
            case BatchEvent.WindowIgnored ignored -> "the batch may score outside its window";
            case BatchEvent.Rescored rescored -> partitions(rescored.partitions()) + " will be scored again";
            case BatchEvent.Checked checked ->
                checked.verdict().isEmpty()
                        ? "all checks have passed"
                        : checked.failed().map(CheckResult::sentence).collect(Collectors.joining("; "));
            case BatchEvent.Approved approved -> approved.reason();
            case BatchEvent.Failed failed -> failed.failure().message();
            case BatchEvent.Retried retried -> "partitions that are not committed are scored again";
            case BatchEvent.Published published -> "in " + published.places();
            case BatchEvent.RemovalBegun begun ->
                begun.by() == null ? "by retention: " + begun.reason() : begun.reason();
            case BatchEvent.Unpublished unpublished -> "readers no longer see the batch";
            case BatchEvent.Removed removed -> "all output is deleted";
            case BatchEvent.RedriveBegun begun ->
                "supplement %d%s".formatted(begun.number(), begun.reason().isBlank() ? "" : ": " + begun.reason());
            case BatchEvent.RedriveFailed failed -> failed.failure().message();
            case BatchEvent.SupplementCommitted committed ->
                "%s added, %s still quarantined"
                        .formatted(
                                count(committed.supplement().commit().predictions(), "row"),
                                number(committed.supplement().commit().quarantined()));
            case BatchEvent.WithdrawalBegun begun -> begun.failure().message();
            case BatchEvent.SupplementPublished published -> "readers see the added rows";
            case BatchEvent.Cancelled cancelled -> cancelled.reason();
        };
        return words.replaceAll("\\s+", " ").strip();
    }

    private static String committed(List<PartitionCommit> commits) {
        TreeSet<String> nodes =
                commits.stream().map(PartitionCommit::node).collect(Collectors.toCollection(TreeSet::new));
        return "%s: %s, %s quarantined, by %s"
                .formatted(
                        partitions(
                                commits.stream().map(PartitionCommit::partition).toList()),
                        count(
                                commits.stream()
                                        .mapToLong(PartitionCommit::predictions)
                                        .sum(),
                                "prediction"),
                        number(commits.stream()
                                .mapToLong(PartitionCommit::quarantined)
                                .sum()),
                        nodes.size() <= NODES ? String.join(", ", nodes) : count(nodes.size(), "node"));
    }

    /// `partition 7`, or `partitions 0 to 3, 7`.
    private static String partitions(Collection<Integer> partitions) {
        int[] sorted = partitions.stream().mapToInt(Integer::intValue).sorted().toArray();
        List<String> ranges = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sorted.length; i++) {
            if (i < sorted.length && sorted[i] == sorted[i - 1] + 1) {
                continue;
            }
            ranges.add(start == i - 1 ? "" + sorted[start] : sorted[start] + " to " + sorted[i - 1]);
            start = i;
        }
        return (sorted.length == 1 ? "partition " : "partitions ")
                + (ranges.size() <= RANGES
                        ? String.join(", ", ranges)
                        : String.join(", ", ranges.subList(0, RANGES)) + " and more");
    }

    private static String count(long number, String noun) {
        return number(number) + " " + (number == 1 ? noun : noun + "s");
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
