package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescription.Forecast;
import io.nightshift.api.BatchDescription.Timing;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.api.BatchDescriptionTimingBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TimingTextTest {

    private static final Instant DEADLINE = Instant.parse("2026-11-27T05:00:00Z");

    private static Timing timing(boolean missed, @Nullable Forecast forecast) {
        return BatchDescriptionTimingBuilder.builder()
                .timeZone("Europe/Berlin")
                .deadline(DEADLINE)
                .deadlineMissed(missed)
                .deadlineAtRisk(forecast != null && !missed)
                .forecast(forecast)
                .build();
    }

    private static Forecast forecast(int wanted) {
        return new Forecast(DEADLINE.minusSeconds(720), DEADLINE.plusSeconds(1_860), 15.6, wanted);
    }

    @Test
    void aDeadlineIsALocalTimeAndSaysWhetherItIsMet() {
        assertThat(TimingText.deadline(null)).isNull();
        assertThat(TimingText.deadline(timing(false, null))).isEqualTo("2026-11-27 06:00 Europe/Berlin");
        assertThat(TimingText.deadline(timing(true, null))).isEqualTo("2026-11-27 06:00 Europe/Berlin, missed");
        assertThat(TimingText.deadline(timing(false, forecast(24))))
                .isEqualTo("2026-11-27 06:00 Europe/Berlin, at risk: it needs 24 workers and has 16");
        assertThat(TimingText.deadline(timing(false, forecast(0))))
                .isEqualTo("2026-11-27 06:00 Europe/Berlin, at risk: no number of workers suffices");
    }

    @Test
    void aForecastHasTwoTimes() {
        assertThat(TimingText.forecast(timing(false, null))).isNull();
        assertThat(TimingText.forecast(timing(false, forecast(24))))
                .isEqualTo("2026-11-27 05:48 Europe/Berlin, with 95 % before 2026-11-27 06:31 Europe/Berlin");
    }

    @Test
    void aProgressBarShowsTheTimeLeftOfTheForecast() {
        BatchDescription status = BatchDescriptionBuilder.builder()
                .batch("flights-1")
                .state("running")
                .incarnation(1)
                .rows(1_000)
                .partitions(10)
                .committed(4)
                .read(500)
                .predictions(500)
                .progress(new BatchDescription.Progress(500, 2, 0, false))
                .timing(timing(false, forecast(24)))
                .build();
        ProgressLine line = new ProgressLine(
                status, Duration.ofSeconds(30), OptionalDouble.of(20), new Symbols(true), DEADLINE.minusSeconds(1_320));

        assertThat(line.text(120)).contains("20 rows/s, 10 min 0 s left (95 %: 53 min 0 s), 4/10 partitions");
    }
}
