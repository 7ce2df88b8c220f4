package io.nightshift.coordinator.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ChangedRowPlannerTest {

    private static final Job JOB = ExampleBatch.job().with(new ChangedRows(List.of("balance"), false));

    private final ScoredRowsInMemory rows = new ScoredRowsInMemory();
    private final Map<BatchId, String> published = new HashMap<>();
    private final Map<Long, Long> source = new TreeMap<>();
    private Runnable whileComparing = () -> {};
    private int compared;
    private int batches;

    private final ChangedRowPlanner planner = new ChangedRowPlanner(
            new RowMarks(
                    rows,
                    batch -> new FileMarks.Planned(
                            published.containsKey(batch) ? Phase.PUBLISHED : Phase.RUNNING, published.get(batch))),
            rows,
            job -> Optional.empty(),
            new ChangedRowPlanner.Scanner() {
                @Override
                public void changed(Job job, List<InspectedFile> files, List<RowSet> before, EntryVisitor visitor) {
                    Runnable now = whileComparing;
                    whileComparing = () -> {};
                    now.run();
                    compared = before.size();
                    Map<Long, Long> known = ChangedRowPlannerTest.this.last(before);
                    source.forEach((key, value) -> {
                        if (!value.equals(known.get(key))) {
                            visitor.entry(key, value);
                        }
                    });
                }

                @Override
                public void last(List<RowSet> merged, EntryVisitor visitor) {
                    ChangedRowPlannerTest.this.last(merged).forEach(visitor::entry);
                }
            },
            Runnable::run);

    private Map<Long, Long> last(List<RowSet> sets) {
        Map<Long, Long> last = new TreeMap<>();
        sets.forEach(set -> last.putAll(rows.entries(set)));
        return last;
    }

    private RowSet plan(Job job) {
        BatchId batch = new BatchId("flights-%04d".formatted(batches++));
        RowSet set = Objects.requireNonNull(
                RowSet.of(planner.plan(batch, job, List.of()).getLast().file()));
        published.put(batch, set.digest());
        return set;
    }

    @Test
    void aPlanComparesWithFewSetsHoweverManyBatchesThereWere() {
        for (long i = 0; i < 200; i++) {
            source.put(i % 50, i);
            RowSet set = plan(JOB);
            assertThat(set.rows()).as("%s", set).isEqualTo(1);
            assertThat(set.whole()).isEqualTo(i == 0);
            assertThat(compared).isLessThanOrEqualTo(ChangedRowPlanner.MOST_SETS);
            assertThat(rows.find("")).as("sets").hasSizeLessThan(3 * ChangedRowPlanner.MOST_SETS);
        }
        assertThat(plan(JOB).rows()).isZero();

        assertThat(plan(JOB.full())).satisfies(full -> {
            assertThat(full.whole()).isTrue();
            assertThat(full.rows()).isEqualTo(50);
        });
        plan(JOB);
        assertThat(compared).as("only the batch that started over").isEqualTo(1);
    }

    @Test
    void aPlanWhoseSetsAreRemovedMeanwhileIsMadeAgain() {
        source.put(1L, 1L);
        plan(JOB);
        whileComparing = () -> {
            plan(JOB.full());
            plan(JOB.full());
            plan(JOB);
            throw FailureException.permanent("the fingerprints are not there");
        };
        assertThatThrownBy(() -> plan(JOB))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse());
        whileComparing = () -> {
            throw FailureException.permanent("the source is damaged");
        };
        assertThatThrownBy(() -> plan(JOB)).hasMessage("the source is damaged");
    }

    @Test
    void aJobMayFailIfNoRowHasChanged() {
        Job.Source written = JOB.source();
        Job failing = JobBuilder.builder(JOB)
                .source(new Job.Source(written.input(), "id", false, Map.of(), null, null, true))
                .build()
                .with(new ChangedRows(List.of("balance"), false));
        source.put(1L, 1L);
        plan(failing);

        assertThatThrownBy(() -> plan(failing))
                .isInstanceOf(FailureException.class)
                .hasMessage("source: no row has changed, and the job says source.on-empty: fail");
    }
}
