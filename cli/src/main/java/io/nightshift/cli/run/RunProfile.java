package io.nightshift.cli.run;

import com.fasterxml.jackson.core.JsonGenerator;
import io.nightshift.cli.output.TextTable;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.worker.partition.StepTimes;
import io.nightshift.worker.partition.StepTimes.Step;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The time that a run spent between the events of the batch, and that its scoring threads spent on each
/// activity.
///
/// @param spans the seconds of each span, in order
/// @param busy the seconds of all scoring threads together, by activity
record RunProfile(Map<Span, Double> spans, int threads, Map<String, Double> busy) {

    /// A span of a run.
    enum Span {
        START("start-up, to the batch's opening"),
        PLAN("planning"),
        FIRST_ROW("to the first row"),
        SCORE("scoring, to the last commit"),
        PUBLISH("publishing"),
        END("the rest");

        private final String title;

        Span(String title) {
            this.title = title;
        }

        private String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @param began when the process started
    /// @param firstRow when the first row was scored, in milliseconds since 1970, or 0
    static RunProfile of(Instant began, long firstRow, Ledger ledger, BatchId batch, int threads, StepTimes steps) {
        Map<Span, Instant> ends = new EnumMap<>(Span.class);
        ledger.forEach(batch, (number, entry) -> mark(entry.event(), ends));
        ends.put(Span.FIRST_ROW, Instant.ofEpochMilli(firstRow));
        ends.put(Span.END, Instant.now());
        Map<Span, Double> spans = new LinkedHashMap<>();
        Instant from = began;
        for (Span span : Span.values()) {
            Instant end = ends.getOrDefault(span, from);
            // A span that is missing, or belongs to an earlier run, took no time of this run.
            Instant to = end.isBefore(from) ? from : end;
            spans.put(span, Duration.between(from, to).toNanos() / 1e9);
            from = to;
        }
        return new RunProfile(spans, threads, busy(spans, threads, steps));
    }

    private static void mark(BatchEvent event, Map<Span, Instant> ends) {
        switch (event) {
            case BatchEvent.TookOver tookOver -> ends.put(Span.START, tookOver.at());
            case BatchEvent.Planned planned -> ends.put(Span.PLAN, planned.at());
            case BatchEvent.Committed committed -> ends.put(Span.SCORE, committed.at());
            case BatchEvent.Published published -> ends.put(Span.PUBLISH, published.at());
            default -> {}
        }
    }

    private static Map<String, Double> busy(Map<Span, Double> spans, int threads, StepTimes steps) {
        Map<String, Double> busy = new LinkedHashMap<>();
        double idle = threads * (spans.getOrDefault(Span.FIRST_ROW, 0.0) + spans.getOrDefault(Span.SCORE, 0.0));
        for (Step step : Step.values()) {
            busy.put(step.name().toLowerCase(Locale.ROOT), steps.seconds(step));
            idle -= steps.seconds(step);
        }
        busy.put("idle", Math.max(0, idle));
        return busy;
    }

    void print(PrintWriter out) {
        TextTable table = new TextTable().left("where the time went").right("s").right("%");
        double whole = sum(spans);
        spans.forEach((span, seconds) -> row(table, span.title, seconds, whole));
        row(table, "the whole run", whole, whole);
        table.print(out);
        out.println();
        TextTable threadTable = new TextTable()
                .left("what the %d scoring threads did".formatted(threads))
                .right("s")
                .right("%");
        double sum = sum(busy);
        busy.forEach((step, seconds) -> row(threadTable, step, seconds, sum));
        threadTable.print(out);
    }

    private static void row(TextTable table, String title, double seconds, double whole) {
        table.row(
                title,
                String.format(Locale.ROOT, "%.3f", seconds),
                String.format(Locale.ROOT, "%.1f", whole == 0 ? 0 : 100 * seconds / whole));
    }

    private static double sum(Map<?, Double> seconds) {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /// Writes the profile as a member of a JSON object.
    void write(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("profile");
        for (Map.Entry<Span, Double> span : spans.entrySet()) {
            json.writeNumberField(span.getKey().key(), RunReport.rounded(span.getValue()));
        }
        json.writeObjectFieldStart("threads");
        json.writeNumberField("count", threads);
        for (Map.Entry<String, Double> step : busy.entrySet()) {
            json.writeNumberField(step.getKey(), RunReport.rounded(step.getValue()));
        }
        json.writeEndObject();
        json.writeEndObject();
    }
}
