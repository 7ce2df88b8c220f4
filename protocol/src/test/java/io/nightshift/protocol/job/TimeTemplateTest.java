package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.TimeTemplate.Time;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeTemplateTest {

    private static final ZonedDateTime TICK = ZonedDateTime.of(2026, 3, 31, 2, 30, 0, 0, ZoneId.of("Europe/Berlin"));

    @ParameterizedTest
    @CsvSource({
        "{scheduled:date}, 2026-03-31",
        "{scheduled:date - 1 day}, 2026-03-30",
        "{scheduled:date-1day}, 2026-03-30",
        "{ scheduled : date + 2 days }, 2026-04-02",
        "{scheduled:date - 1 month}, 2026-02-28",
        "{scheduled:date - 1 week}, 2026-03-24",
        "{scheduled:date - 2 years}, 2024-03-31",
        "{scheduled:timestamp}, 2026-03-31T02:30:00",
        "{scheduled:timestamp - 1 hour}, 2026-03-31T01:30:00",
        "{scheduled:timestamp - 90 minutes}, 2026-03-31T01:00:00",
        "{scheduled:timestamp + 5 seconds}, 2026-03-31T02:30:05",
        "{scheduled:utc}, 2026-03-31T00:30:00",
        "{scheduled:utc - 1 hour}, 2026-03-30T23:30:00",
        "{scheduled:utc - 1 day}, 2026-03-30T00:30:00",
        "eu, eu",
        "eu-{scheduled:date}, eu-2026-03-31",
        "{scheduled:date - 1 day}_{scheduled:date}, 2026-03-30_2026-03-31"
    })
    void aPlaceholderStandsForTheTickInTheJobsTimeZone(String text, String value) {
        assertThat(TimeTemplate.parse(text, Time.SCHEDULED).value(TICK)).isEqualTo(value);
    }

    /// Clocks went from 2:00 to 3:00 on 29 March.
    @Test
    void hoursAreAddedOnTheTimeLineAndDaysToTheDate() {
        ZonedDateTime afterTheGap = Instant.parse("2026-03-29T01:00:00Z").atZone(TICK.getZone());

        assertThat(TimeTemplate.parse("{scheduled:timestamp - 1 hour}", Time.SCHEDULED)
                        .value(afterTheGap))
                .isEqualTo("2026-03-29T01:00:00");
        assertThat(TimeTemplate.parse("{scheduled:timestamp - 1 day}", Time.SCHEDULED)
                        .value(afterTheGap))
                .isEqualTo("2026-03-28T03:00:00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{scheduled:day}",
                "{triggered:date}",
                "{scheduled:date - 1}",
                "{scheduled:date - 1 hour}",
                "{scheduled:date - one day}",
                "{scheduled:timestamp - 1 fortnight}",
                "{day}",
                "{}"
            })
    void anUnknownPlaceholderIsRefused(String text) {
        assertThat(TimeTemplate.problem(text, Time.SCHEDULED).orElseThrow()).contains("{scheduled:date - 1 day}");
        assertThatThrownBy(() -> TimeTemplate.parse(text, Time.SCHEDULED)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aTriggerHasItsOwnTime() {
        assertThat(TimeTemplate.parse("{triggered:date}", Time.TRIGGERED).value(TICK))
                .isEqualTo("2026-03-31");
        assertThat(TimeTemplate.problem("{scheduled:date}", Time.TRIGGERED).orElseThrow())
                .contains("{triggered:date}");
    }

    @Test
    void aTextWithoutPlaceholdersDoesNotDependOnTheTime() {
        assertThat(TimeTemplate.parse("eu", Time.SCHEDULED).dependsOnTime()).isFalse();
        assertThat(TimeTemplate.parse("{scheduled:date}", Time.SCHEDULED).dependsOnTime())
                .isTrue();
        assertThat(TimeTemplate.parse("{scheduled:date - 1 day}", Time.SCHEDULED)
                        .distance(TICK.plusDays(10)))
                .isEqualTo(Duration.ofDays(-1));
    }
}
