package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/// Batches with quarantined rows, a redrive by a corrected job that heals most of these rows, and the checks of
/// both. Every tenth distance has a unit, for which the corrected job has an expression. Every hundredth is no
/// number at all, and stays quarantined.
///
/// @param rows of the input, a multiple of 100
public record RedriveTrial(int rows) {

    /// The steps of a redrive, each with the line of the log that begins it.
    public enum Step {
        /// The batch is published, and the redrive is requested.
        REQUESTED(" published: in "),
        BEGUN("redrive begun: "),
        COMMITTED("supplement committed: "),
        /// Readers see the healed rows. What is staged is being removed.
        PUBLISHED("supplement published: ");

        private final Pattern line;

        Step(String line) {
            this.line = Pattern.compile(line);
        }

        /// Found in the line about the batch that begins the step.
        public Pattern line() {
            return line;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int HEALED_EVERY = 10;
    private static final int LOST_EVERY = 100;
    private static final int HEALED_REMAINDER = 3;
    private static final int LOST_REMAINDER = 7;

    private static final String WRONG = "CAST(distance AS INTEGER)";
    private static final String CORRECTED = "CAST(replace(distance, ' km', '') AS INTEGER)";

    /// The event by which readers see the healed rows.
    private static final String PUBLISHED = "supplement-published";

    /// The job whose expression fails for some rows.
    FlightsJob job(Path folder) throws IOException, SQLException {
        FlightsJob job = FlightsJob.on(
                folder, """
                SELECT * REPLACE (CASE WHEN (id - 1) %% %d = %d THEN distance || ' km' WHEN (id - 1) %% %d = %d THEN 'n/a'
                  ELSE distance::VARCHAR END AS distance)
                FROM (SELECT *, row_number() OVER () AS %s FROM flights LIMIT %d)
                """.formatted(HEALED_EVERY, HEALED_REMAINDER, LOST_EVERY, LOST_REMAINDER, Workload.ID, rows));
        job.edit("  select:\n", "  select:\n    distance: %s\n".formatted(WRONG));
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("max-rows: 100", "max-rows: " + rows);
        return job;
    }

    /// The values of `--set` that correct the job.
    List<String> corrections() {
        return List.of("source.select.distance=" + CORRECTED);
    }

    /// The number of rows that stay quarantined.
    long lost() {
        return rows / LOST_EVERY;
    }

    private static boolean isLost(long row) {
        return row % LOST_EVERY == LOST_REMAINDER;
    }

    /// Whether readers see the healed rows.
    ///
    /// @param events of the batch
    static boolean isPublished(List<JsonNode> events) {
        return events.stream().anyMatch(event -> event.path("event").asText().equals(PUBLISHED));
    }

    /// Checks a batch after its redrive.
    ///
    /// @param events of the batch
    /// @return the broken promises
    public List<String> check(NemesisCluster cluster, String batch, List<JsonNode> events, BatchOutput output)
            throws IOException, SQLException {
        List<String> violations = new ArrayList<>();
        long published = events.stream()
                .filter(event -> event.path("event").asText().equals(PUBLISHED))
                .count();
        if (published != 1) {
            violations.add("%d supplements are published, expected 1".formatted(published));
        }
        JsonNode shown = cluster.show(batch);
        if (shown == null
                || shown.path("predictions").asLong() != rows - lost()
                || shown.path("quarantined").asLong() != lost()
                || shown.path("read").asLong() != rows) {
            violations.add("the counts of the batch do not add up: " + shown);
        }
        for (VisibleRows visible : output.visibleRows()) {
            violations.addAll(violations(visible));
        }
        return violations;
    }

    /// Checks that each row of the input is there once, and that those are quarantined that can't be healed.
    ///
    /// @return the broken promises
    public List<String> violations(VisibleRows visible) {
        List<String> violations = new ArrayList<>();
        report(violations, visible, row -> visible.times(row) == 0, "neither in the predictions nor in the quarantine");
        report(
                violations,
                visible,
                row -> visible.times(row) > 1,
                "more than once in the predictions and the quarantine");
        report(
                violations,
                visible,
                row -> visible.times(row) == 1 && visible.isQuarantined(row) != isLost(row),
                "in the wrong one of predictions and quarantine");
        long others =
                visible.count() - LongStream.range(0, rows).map(visible::times).sum();
        if (others != 0) {
            violations.add("%s: %d rows are not those of the input".formatted(visible.output(), others));
        }
        return violations;
    }

    private void report(List<String> violations, VisibleRows visible, LongPredicate isWrong, String where) {
        long[] wrong = LongStream.range(0, rows).filter(isWrong).toArray();
        if (wrong.length > 0) {
            violations.add("%s: %d rows are %s, the first one is row %d"
                    .formatted(visible.output(), wrong.length, where, wrong[0]));
        }
    }
}
