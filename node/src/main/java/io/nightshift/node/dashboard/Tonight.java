package io.nightshift.node.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.nightshift.api.AlertDescription;
import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.BatchDescription;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The content of the page «Tonight» at one moment: a row for each open batch, and for each other job its last
/// batch.
///
/// @param head the facts that are no rows, as JSON
/// @param rows as JSON, by the batch, or the job without one
record Tonight(String head, Map<String, String> rows) {

    /// Rows of a page. A row takes some 300 bytes.
    static final int MOST_ROWS = 250;

    private static final int LONGEST_TEXT = 300;

    Tonight {
        rows = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(rows));
    }

    /// @param hidden rows that do not fit into the page; they need no person's attention
    /// @param shownAlerts the newest open alerts
    private record Head(int jobs, int open, int hidden, List<Alert> shownAlerts, boolean moreAlerts) {}

    private record Alert(
            String type, String subject, @Nullable String job, String cause, String summary, Instant raisedAt) {}

    /// @param key the batch, or the job without one
    /// @param done rows of the input that are finished: scored, quarantined, or left out by the job
    /// @param predictions rows that have a prediction
    /// @param next the next tick of the job's schedule
    /// @param waiting runs of the job that are due and have no batch yet
    /// @param removal how far the removal of the published batch is
    @JsonInclude(Include.NON_NULL)
    record Row(
            String key,
            String job,
            @Nullable String batch,
            String state,
            @Nullable Instant submittedAt,
            @Nullable String model,
            @Nullable Map<String, String> parameters,
            long rows,
            long done,
            long predictions,
            long quarantined,
            int partitions,
            int committed,
            @Nullable String reason,
            boolean retryable,
            @Nullable String waitsFor,
            BatchDescription.@Nullable Timing timing,
            @Nullable Instant next,
            @Nullable String schedule,
            @Nullable String paused,
            int waiting,
            BatchDescription.@Nullable Removal removal) {

        /// A job without a batch.
        static Row of(AppliedJob job) {
            return new Row(
                            job.job(), job.job(), null, "none", null, null, null, 0, 0, 0, 0, 0, 0, null, false, null,
                            null, null, null, null, 0, null)
                    .with(job);
        }

        static Row of(Current.Batch current) {
            BatchDescription batch = current.description();
            if (batch == null) {
                boolean isOpen = current.entry().end().isEmpty();
                return new Row(
                        current.entry().batch().value(),
                        current.entry().job(),
                        current.entry().batch().value(),
                        current.entry().end().map(Object::toString).orElse("opened"),
                        current.entry().at(),
                        current.entry().model().toString(),
                        null,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        isOpen ? "its coordinator has not answered yet" : null,
                        false,
                        null,
                        null,
                        null,
                        null,
                        null,
                        0,
                        null);
            }
            return new Row(
                    batch.batch(),
                    batch.job(),
                    batch.batch(),
                    batch.state(),
                    batch.submittedAt(),
                    batch.model(),
                    parameters(batch.parameters()),
                    batch.rows(),
                    batch.rowsDone(),
                    batch.predictions(),
                    batch.quarantined(),
                    batch.partitions(),
                    batch.committed(),
                    shortened(explanation(batch)),
                    batch.retryable(),
                    shortened(resource(batch)),
                    batch.isSettled() ? null : batch.timing(),
                    null,
                    null,
                    null,
                    0,
                    batch.removal());
        }

        private static @Nullable Map<String, String> parameters(Map<String, String> parameters) {
            return parameters.isEmpty() ? null : parameters;
        }

        Row with(@Nullable AppliedJob job) {
            return job == null
                    ? this
                    : new Row(
                            key,
                            this.job,
                            batch,
                            state,
                            submittedAt,
                            model,
                            parameters,
                            rows,
                            done,
                            predictions,
                            quarantined,
                            partitions,
                            committed,
                            reason,
                            retryable,
                            waitsFor,
                            timing,
                            job.next(),
                            job.cron() == null ? job.trigger() : job.cron(),
                            job.pause() == null ? null : shortened(job.pause().reason()),
                            job.waiting(),
                            removal);
        }

        /// The most urgent first.
        int rank() {
            boolean isLate = timing != null && (timing.deadlineMissed() || timing.deadlineAtRisk());
            boolean isStuck = waitsFor != null && (timing == null || timing.windowOpens() == null);
            return switch (state) {
                case "failed", "damaged" -> 0;
                case "held" -> 1;
                case "running", "submitted", "opened", "publishing" -> isLate || isStuck ? 2 : 4;
                case "paused" -> 3;
                case "none" -> 6;
                default -> 5;
            };
        }
    }

    /// Why the batch is in its state. Of a held batch, these are the checks that have failed.
    private static @Nullable String explanation(BatchDescription batch) {
        return batch.reason() == null && batch.state().equals("held")
                ? batch.checks().stream()
                        .filter(check -> !check.passed())
                        .map(check -> "%s: %s".formatted(check.name(), check.text()))
                        .collect(Collectors.joining("; "))
                : batch.reason();
    }

    private static @Nullable String resource(BatchDescription batch) {
        if (batch.waitsFor() != null) {
            return batch.waitsFor();
        }
        return batch.outage() == null ? null : batch.outage().reason();
    }

    private static @Nullable String shortened(@Nullable String text) {
        return text == null || text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
    }

    static Tonight of(Current current) {
        Map<String, AppliedJob> jobs = new TreeMap<>();
        current.jobs().forEach(job -> jobs.put(job.job(), job));
        Map<String, Row> rows = new LinkedHashMap<>();
        current.batches().stream()
                .map(Row::of)
                .map(row -> row.with(jobs.get(row.job())))
                .forEach(row -> rows.put(row.key(), row));
        rows.values().forEach(row -> jobs.remove(row.job()));
        jobs.values().stream().map(Row::of).forEach(row -> rows.put(row.key(), row));
        Map<String, String> shown = new LinkedHashMap<>();
        rows.values().stream()
                .sorted(Comparator.comparingInt(Row::rank)
                        .thenComparing(Row::submittedAt, Comparator.nullsLast(Comparator.reverseOrder())))
                .limit(MOST_ROWS)
                .forEach(row -> shown.put(row.key(), ApiJson.write(row)));
        Head head = new Head(
                (int) rows.values().stream().map(Row::job).distinct().count(),
                (int) current.batches().stream()
                        .filter(batch -> batch.entry().end().isEmpty())
                        .count(),
                rows.size() - shown.size(),
                current.alerts().alerts().stream().map(Tonight::alert).toList(),
                current.alerts().next() != null);
        return new Tonight(ApiJson.write(head), shown);
    }

    private static Alert alert(AlertDescription alert) {
        return new Alert(
                alert.type(),
                alert.subject(),
                alert.job(),
                alert.cause(),
                String.valueOf(shortened(alert.summary())),
                alert.raisedAt());
    }

    /// The events from one moment to the next: the head, the rows that are new or have changed, and the keys
    /// of those that are gone.
    static String news(@Nullable Tonight before, Tonight now) {
        StringBuilder rows = new StringBuilder();
        now.rows.forEach((key, row) -> {
            if (before == null || !row.equals(before.rows.get(key))) {
                rows.append(rows.isEmpty() ? "" : ",").append(row);
            }
        });
        List<String> gone = before == null
                ? List.of()
                : before.rows.keySet().stream()
                        .filter(key -> !now.rows.containsKey(key))
                        .toList();
        StringBuilder text = new StringBuilder();
        if (before == null || !before.head.equals(now.head)) {
            text.append(LiveFeed.event("head", now.head));
        }
        if (before == null || !rows.isEmpty() || !gone.isEmpty()) {
            text.append(LiveFeed.event(
                    "rows",
                    "{\"all\":%b,\"rows\":[%s],\"gone\":%s}".formatted(before == null, rows, ApiJson.write(gone))));
        }
        return text.toString();
    }
}
