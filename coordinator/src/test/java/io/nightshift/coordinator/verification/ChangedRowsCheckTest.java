package io.nightshift.coordinator.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.incremental.PlannedRows.Member;
import io.nightshift.coordinator.incremental.PlannedRows.Stored;
import io.nightshift.coordinator.verification.ChangedRowsCheck.Batch;
import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.changed.RowSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChangedRowsCheckTest {

    private final Map<BatchId, Batch> batches = new LinkedHashMap<>();
    private final List<Stored> stored = new ArrayList<>();
    private final Map<RowSet, String> damaged = new LinkedHashMap<>();
    private Optional<String> changed = Optional.of("c");
    private String merged = "m";
    private long repeated;

    private static RowSet set(String id, long rows) {
        return new RowSet(new BatchId("job-" + id), id, rows, id.equals("a") || id.equals("m"));
    }

    private void batch(RowSet set, RowSet... compared) {
        batches.put(set.batch(), new Batch(set.batch(), true, set));
        stored.add(new Stored(set, List.of(compared).stream().map(Member::of).toList(), true));
    }

    @BeforeEach
    void threeBatches() {
        batch(set("a", 10));
        batch(set("b", 2), set("a", 10));
        batch(set("c", 3), set("a", 10), set("b", 2));
    }

    private Finding prove() {
        return prove("c");
    }

    private Finding prove(String id) {
        List<Finding> findings = new ArrayList<>();
        ChangedRowsCheck.Computation computation = new ChangedRowsCheck.Computation() {
            @Override
            public String digest(Stored each) {
                return damaged.getOrDefault(each.set(), each.set().digest());
            }

            @Override
            public String merged(List<RowSet> members) {
                return merged;
            }

            @Override
            public long repeated(RowSet set, List<RowSet> before) {
                return repeated;
            }

            @Override
            public Optional<String> changed(List<RowSet> before) {
                if (changed.isEmpty()) {
                    throw FailureException.permanent("the table is gone");
                }
                return changed;
            }
        };
        ChangedRowsCheck.prove(
                new BatchId("job-" + id), batches, stored, computation, new Check("increment", findings::add));
        return findings.getFirst();
    }

    @Test
    void aBatchThatScoresWhatHasChangedIsProved() {
        assertThat(prove())
                .isEqualTo(
                        new Finding(
                                Finding.Outcome.PROVED,
                                "increment",
                                "3 published batches of this source have scored 15 rows; this one scores 3 that had changed, and repeats none; every other row of the source is as it was scored before"));
        changed = Optional.empty();
        assertThat(prove().detail())
                .endsWith(
                        "the rows that it leaves out were not compared, because the input can't be read: the table is gone");
    }

    @Test
    void aGapIsFound() {
        changed = Optional.of("other");
        assertThat(prove().detail())
                .isEqualTo("the rows of the source that have changed are not those that job-c scores");
    }

    @Test
    void anOverlapIsFound() {
        repeated = 2;
        assertThat(prove().detail())
                .isEqualTo("job-c scores 2 rows that have not changed since an earlier batch scored them");
    }

    @Test
    void changedFingerprintsAreFound() {
        damaged.put(set("b", 2), "x");
        assertThat(prove().detail())
                .isEqualTo("the fingerprints of the rows of job-b were changed after it was planned");
    }

    @Test
    void rowsThatCountWithoutAPublicationAreFound() {
        batches.put(new BatchId("job-b"), new Batch(new BatchId("job-b"), false, set("b", 2)));
        assertThat(prove().detail()).isEqualTo("rows count as scored by job-b, which has not published them");
    }

    @Test
    void aComparisonWithAnotherSetIsFound() {
        stored.set(2, new Stored(set("c", 3), List.of(new Member(new BatchId("job-b"), "x")), true));
        assertThat(prove().detail()).isEqualTo("job-c was compared with rows that job-b has not published");
    }

    @Test
    void mergedSetsAreComparedWithTheirMembers() {
        RowSet both = new RowSet(new BatchId("job-b"), "m", 10, true);
        stored.set(2, new Stored(set("c", 3), List.of(Member.of(both)), true));
        stored.add(new Stored(both, List.of(Member.of(set("a", 10)), Member.of(set("b", 2))), true));
        assertThat(prove().outcome()).isEqualTo(Finding.Outcome.PROVED);

        merged = "x";
        assertThat(prove().detail()).isEqualTo("the fingerprints of the batches up to job-b were changed");
    }

    /// A set that stands for those of all batches up to one.
    private static RowSet merged(String id) {
        return new RowSet(new BatchId("job-" + id), "all " + id, 10, true);
    }

    /// Two sets that stand for earlier ones, and two batches that were compared with them.
    private void merges() {
        stored.add(new Stored(merged("a"), List.of(Member.of(set("a", 10))), true));
        stored.add(new Stored(merged("b"), List.of(Member.of(merged("a")), Member.of(set("b", 2))), true));
        stored.set(2, new Stored(set("c", 3), List.of(Member.of(merged("b"))), true));
        merged = "all b";
    }

    @Test
    void whatIsLeftIsProvedWhenOldFingerprintsAreRemoved() {
        merges();
        stored.removeIf(each -> each.set().equals(set("a", 10)));
        assertThat(prove())
                .isEqualTo(
                        new Finding(
                                Finding.Outcome.PROVED,
                                "increment",
                                "3 published batches of this source have scored 15 rows, and the fingerprints of the 1 oldest are removed, since no later run needs them; this one scores 3 that had changed, and repeats none; every other row of the source is as it was scored before"));

        damaged.put(merged("a"), "x");
        assertThat(prove().detail()).isEqualTo("the fingerprints of the batches up to job-a were changed");
    }

    @Test
    void aBatchWithoutFingerprintsBeforeOrAfterIsNotCompared() {
        merges();
        stored.removeIf(each -> each.set().equals(set("a", 10)));
        assertThat(prove("b").detail())
                .endsWith(
                        "this one scores 2 that had changed; it was not compared with earlier batches, because their fingerprints are removed");
        assertThat(prove("a").detail())
                .endsWith(
                        "this one scores 10 that had changed; it was not compared with other batches, because its fingerprints are removed");
    }

    @Test
    void aSetThatALaterPlanNeedsIsNotRemoved() {
        merges();
        stored.removeIf(each -> each.set().equals(set("b", 2)));
        assertThat(prove().outcome()).isEqualTo(Finding.Outcome.OPEN);
    }

    @Test
    void fingerprintsThatWereNotImportedAreNamed() {
        stored.removeIf(each -> each.set().equals(set("a", 10)));
        assertThat(prove().outcome()).isEqualTo(Finding.Outcome.OPEN);
        assertThat(prove().detail())
                .startsWith("the fingerprints of the rows of job-a are not in this ledger's database");
    }
}
