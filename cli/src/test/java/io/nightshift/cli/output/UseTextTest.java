package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UseTextTest {

    private static BatchDescription.Use use(
            @Nullable String advice, int discarded, BatchDescription.@Nullable Cost cost) {
        return new BatchDescription.Use(
                95.04,
                100,
                1,
                1,
                3L << 30,
                700,
                60,
                1,
                2,
                2,
                0.7917,
                advice,
                new BatchDescription.Discarded(discarded, 1.25, 1.5, 2_048, 0),
                cost);
    }

    @Test
    void aBatchHasUsedProcessorsAndBytes() {
        assertThat(UseText.lines(use(null, 0, null)))
                .isEqualTo(
                        Map.of(
                                "used",
                                "95.0 s of processor time on scoring threads (79 % of 2 processors busy), 3.0 GiB read, 700 B written"));
    }

    @Test
    void discardedAttemptsCostAndAdviceHaveLinesOfTheirOwn() {
        Map<String, String> lines =
                UseText.lines(use("It waited.", 1, new BatchDescription.Cost("EUR", 1.234, 0.0123, 0.00123)));

        assertThat(lines.keySet()).containsExactly("used", "discarded", "cost", "waited");
        assertThat(lines)
                .containsEntry(
                        "discarded", "1 attempt: 1.3 s of processor time on scoring threads, 2.0 KiB read, 0 B written")
                .containsEntry(
                        "cost",
                        "1.23 EUR, 0.001230 EUR for each million predictions; 0.0123 EUR of it for discarded attempts")
                .containsEntry("waited", "It waited.");
    }

    @Test
    void nothingIsSaidOfALedgerThatDoesNotSay() {
        assertThat(UseText.lines(null)).isEmpty();
    }
}
