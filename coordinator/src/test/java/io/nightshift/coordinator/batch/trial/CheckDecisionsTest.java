package io.nightshift.coordinator.batch.trial;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.commit;
import static io.nightshift.coordinator.batch.ExampleBatch.committed;
import static io.nightshift.coordinator.batch.ExampleBatch.nulls;
import static io.nightshift.coordinator.batch.ExampleBatch.planned;
import static io.nightshift.coordinator.batch.ExampleBatch.state;
import static io.nightshift.coordinator.batch.ExampleBatch.submitted;
import static io.nightshift.coordinator.batch.ExampleBatch.tookOver;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.coordinator.publish.CommittedStatistics;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.Measure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.protocol.job.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CheckDecisionsTest {

    private static final DecisionTime NOW = new DecisionTime(0, AT);

    private final List<BatchEvent> history = new ArrayList<>();

    private BatchState complete(BatchCheck... checks) {
        Job job = ExampleBatch.job(ExampleBatch.job(), List.of(checks));
        history.addAll(List.of(submitted(job), tookOver(1), planned()));
        return state(history.toArray(BatchEvent[]::new));
    }

    private static List<String> sentences(List<CheckResult> results) {
        return results.stream()
                .map(result -> (result.passed() ? "+ " : "- ") + result.sentence())
                .toList();
    }

    private static BatchState committedOnce(BatchState planned) {
        BatchState next = planned;
        for (int i = 0; i < planned.pinned().index().partitions(); i++) {
            next = ExampleBatch.after(next, committed(commit(i, new Epoch(1, i + 1), 0)));
        }
        return next;
    }

    @Test
    void aValueAtTheLimitPasses() {
        BatchState state = committedOnce(complete(
                new BatchCheck(Measure.ROWS_MIN, null, 1_000, null, null, OnFail.FAIL),
                new BatchCheck(Measure.ROWS_MAX, null, 1, null, null, OnFail.FAIL),
                nulls(0.5, OnFail.FAIL),
                new BatchCheck(Measure.RANGE, "age", 0, 0.0, 120.0, OnFail.FAIL)));
        long rows = state.totals().predictions();

        assertThat(sentences(CheckDecisions.results(state, counted(List.of(0L, 0L, rows / 2, 1L)))))
                .containsExactly(
                        "- rows.min is %d, expected at least 1,000".formatted(rows),
                        "- rows.max is %d, expected at most 1".formatted(rows),
                        "+ nulls.age is 50 %, expected at most 50 %",
                        "- range.age is %s %%, expected none outside 0 to 120".formatted(text(100.0 / rows)));
    }

    @Test
    void aNumberOfRowsAtTheLimitPasses() {
        BatchState state =
                committedOnce(complete(limit(Measure.ROWS_MIN, null, 30), limit(Measure.ROWS_MAX, null, 30)));

        assertThat(CheckDecisions.results(state, counted(List.of()))).allMatch(CheckResult::passed);
    }

    private static String text(double perCent) {
        double rounded = Double.parseDouble(String.format(java.util.Locale.ROOT, "%.3g", perCent));
        return rounded == Math.rint(rounded) ? String.valueOf((long) rounded) : String.valueOf(rounded);
    }

    @Test
    void theWorstFailureDecides() {
        assertThat(verdict(nulls(0, OnFail.WARN), nulls(0, OnFail.HOLD))).isEqualTo(OnFail.HOLD);
        assertThat(verdict(nulls(0, OnFail.FAIL), nulls(0, OnFail.HOLD))).isEqualTo(OnFail.FAIL);
        assertThat(verdict(nulls(0, OnFail.WARN), nulls(1, OnFail.FAIL))).isEqualTo(OnFail.WARN);
    }

    private OnFail verdict(BatchCheck... checks) {
        history.clear();
        BatchState state = committedOnce(complete(checks));
        return new BatchEvent.Checked(AT, CheckDecisions.results(state, counted(List.of(1L, 1L))))
                .verdict()
                .orElseThrow();
    }

    @Test
    void aFailureIsPersistedWithTheResults() {
        BatchState state = committedOnce(complete(nulls(0, OnFail.FAIL)));

        List<BatchEvent> events = CheckDecisions.events(state, counted(List.of(1L)), NOW);

        assertThat(events).hasSize(2);
        assertThat(events.getLast())
                .isInstanceOfSatisfying(
                        BatchEvent.Failed.class,
                        failed -> assertThat(failed.failure().message())
                                .startsWith("the checks of the job fail: nulls.age is"));
        assertThat(state.after(events).phase()).isEqualTo(io.nightshift.protocol.batch.Phase.FAILED);
    }

    private static BatchCheck limit(Measure measure, @Nullable String column, double limit) {
        return new BatchCheck(measure, column, limit, null, null, OnFail.FAIL);
    }

    private static Distribution distribution(@Nullable String column, double... values) {
        DistributionCounter counter =
                column == null ? DistributionCounter.ofPredictions(true) : DistributionCounter.ofColumn(column, 1);
        counter.count(values, values.length);
        return counter.distribution();
    }

    @Test
    void aBatchIsComparedWithItsBaseline() {
        BatchState state = committedOnce(complete(
                limit(Measure.ROWS_CHANGE, null, 0.2),
                limit(Measure.PREDICTION_MEAN, null, 0.1),
                limit(Measure.PREDICTION_PSI, null, 0.2),
                limit(Measure.PSI, "age", 0.2),
                limit(Measure.PSI, "new", 0.2)));
        long rows = state.totals().read();
        BatchId earlier = new BatchId("flights-20261126t020000-1f2e");
        Measured.Baseline baseline = new Measured.Baseline(
                earlier, 2 * rows, List.of(distribution(null, 1, 1, 2), distribution("age", 1, 2, 3)));
        PartitionStatistics statistics = new PartitionStatistics(
                List.of(), List.of(distribution(null, 1, 1, 1), distribution("age", 1, 2, 3), distribution("new", 1)));

        List<CheckResult> results = CheckDecisions.results(state, new Measured(statistics, baseline));

        assertThat(sentences(results))
                .containsExactly(
                        "- rows.max-change is 50 %% (%,d, before %,d; compared with %s), expected at most 20 %%"
                                .formatted(rows, 2 * rows, earlier),
                        "- prediction.mean-change is 25 % (1, before 1.33; compared with " + earlier
                                + "), expected at most 10 %",
                        "- prediction.psi is " + results.get(2).valueText() + " (compared with " + earlier
                                + "), expected at most 0.2",
                        "+ psi.age is 0 (compared with " + earlier + "), expected at most 0.2",
                        "+ psi.new is not known, since no earlier batch has measured it; expected at most 0.2");
        assertThat(results.get(2).value()).isGreaterThan(0.2);
    }

    @Test
    void aComparisonAtTheLimitPasses() {
        BatchState state = committedOnce(complete(limit(Measure.ROWS_CHANGE, null, 0.5), limit(Measure.PSI, "age", 0)));
        Distribution age = distribution("age", 1, 2, 3);

        assertThat(compared(state, 2 * state.totals().read(), age, age)).allMatch(CheckResult::passed);
    }

    @Test
    void columnsOfWhichHalfIsMissingAreCompared() {
        BatchState state = committedOnce(complete(limit(Measure.PSI, "age", 0)));
        Distribution whole = distribution("age", 1, 1);
        Distribution half = distribution("age", 1, Double.NaN);

        assertThat(compared(state, 30, whole, half)).noneMatch(CheckResult::passed);
        assertThat(compared(state, 30, half, whole)).noneMatch(CheckResult::passed);
    }

    private static List<CheckResult> compared(
            BatchState state, long rowsBefore, Distribution before, Distribution now) {
        Measured.Baseline baseline =
                new Measured.Baseline(new BatchId("flights-20261126t020000-1f2e"), rowsBefore, List.of(before));
        return CheckDecisions.results(state, new Measured(new PartitionStatistics(List.of(), List.of(now)), baseline));
    }

    @Test
    void withoutABaselineAComparisonPasses() {
        BatchState state =
                committedOnce(complete(limit(Measure.ROWS_CHANGE, null, 0), limit(Measure.PREDICTION_MEAN, null, 0)));

        assertThat(CheckDecisions.results(state, counted(List.of())))
                .allMatch(CheckResult::passed)
                .allMatch(result -> result.baseline() == null);
    }

    @Test
    void theShareOfUnseenCategoriesIsThatOfOneFeatureOrTheWorst() {
        BatchState planned = complete(
                limit(Measure.UNSEEN, null, 0), limit(Measure.UNSEEN, "a", 0.5), limit(Measure.UNSEEN, "b", 0));
        PartitionCommit whole = commit(0, new Epoch(1, 1), 0);
        PartitionCommit unseen = PartitionCommitBuilder.builder()
                .partition(whole.partition())
                .epoch(whole.epoch())
                .node(whole.node())
                .firstRow(whole.firstRow())
                .rows(whole.rows())
                .read(whole.read())
                .part(whole.part())
                .quarantine(whole.quarantine())
                .model(whole.model())
                .unseenCategories(Map.of("a", whole.read() / 2, "c", 1L))
                .build();

        assertThat(CheckDecisions.results(ExampleBatch.after(planned, committed(unseen)), counted(List.of())))
                .extracting(result -> result.check().name(), CheckResult::value, CheckResult::passed)
                .containsExactly(
                        tuple("unseen-categories.all", 0.5, false),
                        tuple("unseen-categories.a", 0.5, true),
                        tuple("unseen-categories.b", 0.0, true));
    }

    @Test
    void onlyTheWinnersOfPartitionsAreSummed() {
        BatchState planned = complete(nulls(0, OnFail.FAIL));
        PartitionCommit withdrawn = counted(commit(0, new Epoch(1, 1), 0), 7);
        PartitionCommit winner = counted(commit(0, new Epoch(1, 9), 0), 2);
        List<BatchEvent> events =
                List.of(committed(withdrawn), new BatchEvent.Rescored(AT, List.of(0)), committed(winner));
        BatchState state = ExampleBatch.after(planned, events.toArray(BatchEvent[]::new));

        CommittedStatistics statistics = new CommittedStatistics(state);
        events.forEach(statistics::add);

        assertThat(statistics.sum().count(0)).isEqualTo(2);
    }

    private static Measured counted(List<Long> counts) {
        return new Measured(new PartitionStatistics(counts), null);
    }

    private static PartitionCommit counted(PartitionCommit commit, long count) {
        return commit.withStatistics(new PartitionStatistics(List.of(count)));
    }
}
