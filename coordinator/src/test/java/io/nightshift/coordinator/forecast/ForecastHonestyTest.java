package io.nightshift.coordinator.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.timing.DailyTime;
import io.nightshift.coordinator.timing.TimeWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Whether forecasts are honest: of finished batches, 95 % end before the 95 % time, within 3 points.
class ForecastHonestyTest {

    private static final int JOBS = Integer.getInteger("nightshift.simulation.jobs", 300);

    /// Enough for the job's history to be full.
    private static final int NIGHTS = 15;

    private static final Instant FIRST = Instant.parse("2026-01-01T21:00:00Z");

    private static List<SimulatedJob.Checked> simulate(@Nullable TimeWindow window) {
        List<SimulatedJob.Checked> all = new ArrayList<>();
        for (int job = 1; job <= JOBS; job++) {
            SimulatedJob simulated = new SimulatedJob(job, window);
            for (int night = 0; night < NIGHTS; night++) {
                all.addAll(simulated.run(FIRST.plus(Duration.ofDays(night))));
            }
        }
        return all;
    }

    private static double share(List<SimulatedJob.Checked> all, Function<Forecast, Instant> quantile) {
        return (double) all.stream()
                        .filter(checked -> checked.endsBefore(quantile.apply(checked.forecast())))
                        .count()
                / all.size();
    }

    private static void assertHonest(List<SimulatedJob.Checked> all) {
        TreeMap<Double, List<SimulatedJob.Checked>> byShare = new TreeMap<>();
        all.forEach(checked -> byShare.computeIfAbsent(checked.share(), share -> new ArrayList<>())
                .add(checked));
        byShare.forEach((share, checked) -> System.out.printf(
                Locale.ROOT,
                "%3.0f %% scored: %,d forecasts; %.1f %% end before the median, %.1f %% before the 95 %% time%n",
                100 * share,
                checked.size(),
                100 * share(checked, Forecast::median),
                100 * share(checked, Forecast::late)));
        assertThat(share(all, Forecast::late)).as("before the 95 % time").isBetween(0.92, 0.98);
        byShare.forEach((share, checked) -> {
            assertThat(share(checked, Forecast::late))
                    .as("before the 95 %% time, forecast at %s", share)
                    .isBetween(0.92, 0.98);
            assertThat(share(checked, Forecast::median))
                    .as("before the median, forecast at %s", share)
                    .isBetween(0.35, 0.65);
        });
    }

    @Test
    void ofBatchesThatAlwaysScoreNineteenOfTwentyEndBeforeTheLateTime() {
        assertHonest(simulate(null));
    }

    @Test
    void ofBatchesWithAWindowNineteenOfTwentyEndBeforeTheLateTime() {
        assertHonest(simulate(
                new TimeWindow(DailyTime.of("22:00", "Europe/Berlin"), DailyTime.of("22:20", "Europe/Berlin"))));
    }
}
