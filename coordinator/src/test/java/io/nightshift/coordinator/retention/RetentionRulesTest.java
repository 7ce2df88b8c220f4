package io.nightshift.coordinator.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParameterType;
import io.nightshift.protocol.job.Retention;
import io.nightshift.protocol.job.RunKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionRulesTest {

    private static final Instant START = Instant.parse("2026-01-01T02:00:00Z");

    private static Instant day(long day) {
        return START.plus(Duration.ofDays(day));
    }

    private static RunKey run(long day) {
        return new RunKey("flights", List.of(new Parameter("day", ParameterType.DATE, String.valueOf(day))));
    }

    private static RetainedBatch batch(int day) {
        return batch(day, run(day), day(day), "/out");
    }

    private static RetainedBatch batch(int number, RunKey run, Instant publishedAt, String destination) {
        return new RetainedBatch(
                BatchId.of("flights", day(number), number), number, run, publishedAt, destination, true);
    }

    private static List<RetainedBatch> nightly(int days) {
        return IntStream.range(0, days).mapToObj(RetentionRulesTest::batch).toList();
    }

    private static List<Long> expired(
            List<RetainedBatch> published, @Nullable Integer keep, @Nullable Integer days, long today) {
        Retention retention = new Retention(keep, days == null ? null : Duration.ofDays(days));
        return RetentionRules.expired(published, retention, run -> false, day(today)).stream()
                .map(RetainedBatch::number)
                .toList();
    }

    @Test
    void keepLeavesTheNewestBatchesAndTheOldestGoFirst() {
        assertThat(expired(nightly(5), 3, null, 5)).containsExactly(0L, 1L);
        assertThat(expired(nightly(3), 3, null, 5)).isEmpty();
    }

    @Test
    void forLeavesWhatIsYounger() {
        assertThat(expired(nightly(5), null, 3, 5)).containsExactly(0L, 1L);
    }

    @Test
    void aBatchGoesOnlyIfBothAllowIt() {
        assertThat(expired(nightly(10), 3, 8, 10)).containsExactly(0L, 1L);
        assertThat(expired(nightly(10), 9, 2, 10)).containsExactly(0L);
    }

    @Test
    void theNewestBatchStaysHoweverOldItIs() {
        assertThat(expired(nightly(3), null, 1, 1_000)).containsExactly(0L, 1L);
    }

    @Test
    void theNewestBySubmissionAndTheNewestByPublicationStay() {
        List<RetainedBatch> published =
                List.of(batch(0), batch(1, run(1), day(9), "/out"), batch(2, run(2), day(3), "/out"));

        assertThat(expired(published, 1, null, 20)).containsExactly(0L);
    }

    @Test
    void destinationsAreCountedOnTheirOwn() {
        List<RetainedBatch> published = new ArrayList<>(nightly(3));
        published.add(batch(3, run(3), day(3), "/new"));

        assertThat(expired(published, 1, null, 20)).containsExactly(0L, 1L);
    }

    private static RetainedBatch withoutRetention(int day) {
        return new RetainedBatch(BatchId.of("flights", day(day), day), day, run(day), day(day), "/out", false);
    }

    @Test
    void submissionsWithoutARetentionPushNothingOut() {
        List<RetainedBatch> published = new ArrayList<>(nightly(3));
        IntStream.range(3, 9).mapToObj(RetentionRulesTest::withoutRetention).forEach(published::add);
        published.add(batch(9));

        assertThat(expired(published, 4, null, 20)).isEmpty();
        assertThat(expired(published, 3, null, 20)).containsExactly(0L);
    }

    @Test
    void batchesFromBeforeTheRetentionAreCounted() {
        List<RetainedBatch> published = new ArrayList<>(IntStream.range(0, 5)
                .mapToObj(RetentionRulesTest::withoutRetention)
                .toList());
        published.add(batch(5));

        assertThat(expired(published, 3, null, 20)).containsExactly(0L, 1L, 2L);
    }

    @Test
    void theNewestBatchOfARunThatIsDoneAgainStays() {
        List<RetainedBatch> published = List.of(batch(0), batch(1, run(0), day(1), "/out"), batch(2), batch(3));

        assertThat(RetentionRules.expired(published, new Retention(1, null), run(0)::equals, day(9)))
                .extracting(RetainedBatch::number)
                .containsExactly(0L, 2L);
    }

    /// Publications in any order of time, retention runs that are killed anywhere, and a retention that
    /// changes.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void noHistoryRemovesWhatIsPromisedAndInTheEndAllOthersAreGone(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<RetainedBatch> there = new ArrayList<>();
        Set<RunKey> open = new HashSet<>();
        int now = 0;
        for (int step = 0; step < 2_000; step++) {
            now += random.nextInt(2);
            Retention retention = new Retention(1 + random.nextInt(6), Duration.ofDays(1 + random.nextInt(20)));
            if (random.nextInt(3) > 0) {
                there.add(batch(
                        step,
                        run(random.nextInt(10)),
                        day(now - random.nextInt(4)),
                        random.nextBoolean() ? "/a" : "/b"));
                continue;
            }
            open.clear();
            IntStream.range(0, random.nextInt(3)).forEach(i -> open.add(run(random.nextInt(10))));
            Set<BatchId> promised = RetentionRules.promised(there, open::contains);
            List<RetainedBatch> expired = RetentionRules.expired(there, retention, open::contains, day(now));
            for (RetainedBatch batch : expired) {
                if (random.nextInt(10) == 0) {
                    break; // killed
                }
                assertThat(promised).doesNotContain(batch.batch());
                there.remove(batch);
                // Whoever is promised stays so, whatever else is removed.
                assertThat(RetentionRules.promised(there, open::contains)).isEqualTo(promised);
            }
        }

        Retention last = new Retention(2, Duration.ofDays(1));
        there.removeAll(RetentionRules.expired(there, last, run -> false, day(now + 100)));

        Set<BatchId> promised = RetentionRules.promised(there, run -> false);
        assertThat(there.stream()
                        .filter(batch -> batch.destination().equals("/a"))
                        .count())
                .isBetween(2L, 3L);
        assertThat(there.stream().map(RetainedBatch::batch)).containsAll(promised);
        assertThat(RetentionRules.expired(there, last, run -> false, day(now + 100)))
                .isEmpty();
    }
}
