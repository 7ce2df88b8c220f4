package io.nightshift.cli.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.JobRun;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RunTableTest {

    private static final Instant TICK = Instant.parse("2026-11-25T01:00:00Z");

    private static JobRun run(JobRun.@Nullable Totals totals) {
        return new JobRun(
                "tick:" + TICK,
                "schedule",
                TICK,
                Map.of(),
                "published",
                "churn-1",
                null,
                1,
                TICK,
                TICK,
                TICK.plusSeconds(9),
                totals);
    }

    private static List<String> lines(JobRun... runs) {
        StringWriter text = new StringWriter();
        RunTable.of(List.of(runs), ZoneOffset.UTC).print(new PrintWriter(text, true));
        return text.toString().lines().toList();
    }

    @Test
    void aRunHasItsCostIfThereArePrices() {
        BatchDescription.Cost cost = new BatchDescription.Cost("EUR", 1.234, 0, 0.5);

        List<String> lines = lines(run(new JobRun.Totals(2_000, 2_000, 0, cost)), run(null));

        assertThat(lines.getFirst()).containsPattern("ROWS +COST +BATCH");
        assertThat(lines.get(1)).containsPattern("2,000 +1\\.23 EUR +churn-1");
        assertThat(lines.get(2)).containsPattern("- +- +churn-1");
    }

    @Test
    void withoutPricesThereIsNoColumn() {
        assertThat(lines(run(new JobRun.Totals(2_000, 2_000, 0, null))).getFirst())
                .containsPattern("ROWS +BATCH");
    }
}
