package io.nightshift.cli.batch;

import io.nightshift.api.BatchDescription;
import io.nightshift.cli.output.OutageText;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.job.RunKey;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Formats events, numbers and times for people.
final class DisplayFormat {

    private static final int RANGES = 5;

    private DisplayFormat() {}

    /// UTC, to the second.
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /// The model of a batch for a table: `flights@3`, or `flights (file 4c7856ce)` for a model that the job
    /// names by its path.
    static String model(BatchDescription batch) {
        return batch.model().replaceFirst("[.]sha256-([0-9a-f]{8})[0-9a-f]*@1$", " (file $1)");
    }

    /// The values of a batch's parameters, such as `day=2026-11-25`; empty for a job without parameters.
    static String run(BatchDescription batch) {
        return batch.parameters().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
    }

    /// The name of a record: its id, or its file and row, such as `flights.parquet row 7`.
    static String record(List<String> key) {
        return key.size() == 1 ? key.getFirst() : Path.of(key.getFirst()).getFileName() + " row " + key.getLast();
    }

    private static String count(long number, String noun) {
        return number(number) + " " + (number == 1 ? noun : noun + "s");
    }

    /// The name of an event, such as `took over`.
    static String name(BatchEvent event) {
        return event.getClass()
                .getSimpleName()
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }

    /// Describes an event in one line.
    static String of(BatchEvent event) {
        String words = switch (event) {
            case BatchEvent.Submitted submitted ->
                "job %s with model %s".formatted(RunKey.of(submitted.job()), submitted.model());
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
                "the candidate scores %s %s first"
                        .formatted(
                                started.partitions().size() == 1 ? "partition" : "partitions",
                                ranges(started.partitions().stream()
                                        .mapToInt(Integer::intValue)
                                        .toArray()));
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
                                started.partitions().isEmpty()
                                        ? "all partitions"
                                        : (started.partitions().size() == 1 ? "partition " : "partitions ")
                                                + ranges(started.partitions().stream()
                                                        .mapToInt(Integer::intValue)
                                                        .toArray()));
            case BatchEvent.ShadowAbandoned abandoned ->
                "the candidate scores no more partitions: " + abandoned.reason();
            case BatchEvent.CandidatePromoted promoted ->
                promoted.refusal() == null
                        ? "the alias %s was moved to the candidate".formatted(promoted.alias())
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
                        .formatted(failed.node(), failed.failure().message(), time(failed.until()));
            case BatchEvent.OutageEnded ended -> "the batch no longer waits for a resource";
            case BatchEvent.Paused paused -> byAndWhy(paused.by(), paused.reason());
            case BatchEvent.Resumed resumed -> byAndWhy(resumed.by(), "resumed from where it paused");
            case BatchEvent.WindowIgnored ignored ->
                ("the batch may score outside its window" + (ignored.by() == null ? "" : ", says " + ignored.by()));
            case BatchEvent.Rescored rescored ->
                byAndWhy(
                        rescored.by(),
                        "%s %s will be scored again"
                                .formatted(
                                        rescored.partitions().size() == 1 ? "partition" : "partitions",
                                        ranges(rescored.partitions().stream()
                                                .mapToInt(Integer::intValue)
                                                .sorted()
                                                .toArray())));
            case BatchEvent.Checked checked ->
                checked.verdict().isEmpty()
                        ? "all checks have passed"
                        : checked.failed().map(CheckResult::sentence).collect(Collectors.joining("; "));
            case BatchEvent.Approved approved -> byAndWhy(approved.by(), approved.reason());
            case BatchEvent.Failed failed -> failed.failure().message();
            case BatchEvent.Retried retried ->
                byAndWhy(retried.by(), "partitions that are not committed are scored again");
            case BatchEvent.Published published -> "in " + published.places();
            case BatchEvent.RemovalBegun begun -> Removal.of(begun).sentence();
            case BatchEvent.Unpublished unpublished -> "readers no longer see the batch";
            case BatchEvent.Removed removed -> "all output is deleted";
            case BatchEvent.RedriveBegun begun -> Redrive.of(begun).sentence();
            case BatchEvent.RedriveFailed failed -> failed.failure().message();
            case BatchEvent.SupplementCommitted committed ->
                "%s added, %s still quarantined"
                        .formatted(
                                count(committed.supplement().commit().predictions(), "row"),
                                number(committed.supplement().commit().quarantined()));
            case BatchEvent.WithdrawalBegun begun -> begun.failure().message();
            case BatchEvent.SupplementPublished published -> "readers see the added rows";
            case BatchEvent.Cancelled cancelled -> byAndWhy(cancelled.by(), cancelled.reason());
        };
        return words.replaceAll("\\s+", " ").strip();
    }

    /// When, by whom and why a batch was paused.
    static String of(BatchDescription.Pause pause) {
        String rest = byAndWhy(pause.by(), pause.reason());
        return "since " + time(pause.at()) + (rest.isEmpty() ? "" : (pause.by() == null ? ": " : " ") + rest);
    }

    /// When, by whom and why a batch was approved.
    static String of(BatchDescription.Approval approval) {
        String rest = byAndWhy(approval.by(), approval.reason());
        return time(approval.at()) + (rest.isEmpty() ? "" : (approval.by() == null ? ": " : " ") + rest);
    }

    /// Says which failure a batch waits out, since when, and until when.
    static String of(BatchDescription.Outage outage) {
        return OutageText.of(outage.reason(), outage.since(), outage.until());
    }

    private static String byAndWhy(@Nullable String by, String reason) {
        if (by == null) {
            return reason;
        }
        return reason.isBlank() ? "by " + by : "by %s: %s".formatted(by, reason);
    }

    private static String committed(List<PartitionCommit> commits) {
        long predictions =
                commits.stream().mapToLong(PartitionCommit::predictions).sum();
        long quarantined =
                commits.stream().mapToLong(PartitionCommit::quarantined).sum();
        return "%s %s: %s, %s quarantined"
                .formatted(
                        commits.size() == 1 ? "partition" : "partitions",
                        ranges(commits.stream()
                                .mapToInt(PartitionCommit::partition)
                                .sorted()
                                .toArray()),
                        count(predictions, "prediction"),
                        number(quarantined));
    }

    /// `0 to 3, 7`.
    private static String ranges(int[] sorted) {
        List<String> ranges = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sorted.length; i++) {
            if (i < sorted.length && sorted[i] == sorted[i - 1] + 1) {
                continue;
            }
            ranges.add(start == i - 1 ? "" + sorted[start] : sorted[start] + " to " + sorted[i - 1]);
            start = i;
        }
        return ranges.size() <= RANGES
                ? String.join(", ", ranges)
                : String.join(", ", ranges.subList(0, RANGES)) + " and more";
    }
}
