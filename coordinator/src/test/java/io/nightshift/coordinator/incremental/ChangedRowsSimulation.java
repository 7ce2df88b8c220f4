package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.source.changed.RowSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The history of a job with changed rows: rows that arrive, change, change back, vanish and come back;
/// batches that are submitted, planned, published and cancelled in any order, also with `--full`; plans that
/// are made at the same time, whose node crashes, or that come too late. The decision logic is the real one.
/// A seed decides everything.
///
/// The model is simple. A plan has the rows that differ from what the newest batch that was published at that time,
/// and has the row, scored. And at the end, the newest published batch that has a row scored it as it is.
final class ChangedRowsSimulation {

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface MarksFactory {
        RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger);

        /// The sets that may be merged.
        default List<RowSet> settled(List<RowSet> scored, Optional<BatchId> oldestOpen) {
            return RowMarks.settled(scored, oldestOpen);
        }
    }

    /// The history broke the model.
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    /// A batch with its own ledger.
    private static final class Batch {
        private final BatchId id;
        private final boolean full;
        private Phase phase = Phase.SUBMITTED;
        private int incarnation;
        private @Nullable RowSet plan;
        private Map<Long, Long> rows = Map.of();

        Batch(BatchId id, boolean full) {
            this.id = id;
            this.full = full;
        }
    }

    /// A plan that is being made.
    ///
    /// @param incarnation of the coordinator that makes it
    /// @param compared what its rows are compared with
    /// @param rows that have changed
    /// @param stored null until they are stored
    private record Try(
            Batch batch,
            int incarnation,
            List<RowSet> compared,
            Map<Long, Long> rows,
            @Nullable RowSet stored) {}

    private static final String SOURCE = "source";
    private static final int STEPS = 60;
    private static final int IDS = 5;
    private static final int VALUES = 3;

    private final SplittableRandom random;
    private final ScoredRowsInMemory rows = new ScoredRowsInMemory();
    private final RowMarks marks;
    private final BiFunction<List<RowSet>, Optional<BatchId>, List<RowSet>> mergeable;
    private final Map<BatchId, Batch> batches = new LinkedHashMap<>();
    private final Map<Long, Long> present = new TreeMap<>();
    private final List<Try> tries = new ArrayList<>();
    private int published;

    private ChangedRowsSimulation(long seed, MarksFactory factory) {
        random = new SplittableRandom(seed);
        marks = factory.create(rows, this::planned);
        mergeable = factory::settled;
    }

    private Planned planned(BatchId id) {
        Batch batch = batches.get(id);
        return batch == null
                ? new Planned(null, null)
                : new Planned(batch.phase, batch.plan == null ? null : batch.plan.digest());
    }

    /// Runs a history.
    ///
    /// @return the number of published batches
    /// @throws Violation if it broke the model
    static int run(long seed, MarksFactory factory) {
        ChangedRowsSimulation simulation = new ChangedRowsSimulation(seed, factory);
        for (int i = 0; i < STEPS; i++) {
            simulation.step();
        }
        simulation.settle();
        return simulation.published;
    }

    private void step() {
        switch (random.nextInt(13)) {
            case 0, 1, 2 -> change();
            case 3, 4 -> submit(random.nextInt(8) == 0);
            case 5, 6 -> anyOpen().ifPresent(this::plan);
            case 7, 8, 9 -> {
                if (!tries.isEmpty()) {
                    advance(tries.remove(random.nextInt(tries.size())));
                }
            }
            case 10 -> anyOpen().ifPresent(this::publish);
            case 11 -> removeHidden();
            default -> {
                if (random.nextInt(3) == 0) {
                    anyOpen().ifPresent(batch -> batch.phase = Phase.CANCELLED);
                }
            }
        }
    }

    /// The process that removes may crash, and another begins again later.
    private void removeHidden() {
        rows.crashAtRemoval(random.nextInt(4));
        try {
            marks.removeHidden(SOURCE);
        } catch (ScoredRowsInMemory.Crash _) {
            // The rest stays.
        }
        rows.crashAtRemoval(0);
    }

    private Optional<Batch> anyOpen() {
        List<Batch> open =
                batches.values().stream().filter(batch -> !batch.phase.isEnd()).toList();
        return open.isEmpty() ? Optional.empty() : Optional.of(open.get(random.nextInt(open.size())));
    }

    private void change() {
        long id = random.nextInt(IDS);
        if (random.nextInt(4) == 0) {
            present.remove(id);
        } else {
            present.put(id, (long) random.nextInt(VALUES));
        }
    }

    private Batch submit(boolean full) {
        Batch batch = new Batch(new BatchId("job-%03d".formatted(batches.size())), full);
        batches.put(batch.id, batch);
        return batch;
    }

    private void plan(Batch batch) {
        if (batch.plan != null) {
            return;
        }
        batch.incarnation++;
        List<RowSet> compared = batch.full ? List.of() : compared(batch);
        Map<Long, Long> before = new HashMap<>();
        compared.forEach(set -> before.putAll(rows.entries(set)));
        Map<Long, Long> changed = new TreeMap<>(present);
        changed.entrySet().removeIf(row -> row.getValue().equals(before.get(row.getKey())));
        Map<Long, Long> expected = new TreeMap<>(present);
        if (!batch.full) {
            Map<Long, Long> scored = scored(true);
            expected.entrySet().removeIf(row -> row.getValue().equals(scored.get(row.getKey())));
        }
        if (!changed.equals(expected)) {
            throw new Violation("%s reads %s, not %s".formatted(batch.id, changed, expected));
        }
        tries.add(new Try(batch, batch.incarnation, compared, changed, null));
    }

    /// The sets that the batch is compared with. Some of the time, they are merged first.
    private List<RowSet> compared(Batch batch) {
        List<RowSet> all = marks.scored(SOURCE, batch.id);
        List<RowSet> settled = mergeable.apply(
                all,
                batches.values().stream()
                        .filter(each -> !each.phase.isEnd())
                        .map(each -> each.id)
                        .findFirst());
        if (settled.size() < 2 || random.nextBoolean()) {
            return all;
        }
        Map<Long, Long> last = new TreeMap<>();
        settled.forEach(set -> last.putAll(rows.entries(set)));
        List<RowSet> fewer = new ArrayList<>();
        fewer.add(rows.merge(SOURCE, settled, visitor -> last.forEach(visitor::entry)));
        fewer.addAll(all.subList(settled.size(), all.size()));
        return fewer;
    }

    /// The fingerprints that the newest published batches have scored, by id.
    ///
    /// @param startsOver whether a batch that read all rows hides the batches before it
    private Map<Long, Long> scored(boolean startsOver) {
        Map<Long, Long> scored = new HashMap<>();
        batches.values().stream()
                .filter(batch -> batch.phase == Phase.PUBLISHED)
                .sorted(Comparator.comparing(batch -> batch.id.value()))
                .forEach(batch -> {
                    if (startsOver && batch.plan != null && batch.plan.whole()) {
                        scored.clear();
                    }
                    scored.putAll(batch.rows);
                });
        return scored;
    }

    /// Stores the rows of a plan, or persists it. A coordinator that is no longer in office may still store.
    private void advance(Try made) {
        Batch batch = made.batch();
        if (made.stored() == null) {
            RowSet set = rows.add(
                    SOURCE, batch.id, made.compared(), visitor -> made.rows().forEach(visitor::entry));
            tries.add(new Try(batch, made.incarnation(), made.compared(), made.rows(), set));
        } else if (batch.plan == null && batch.incarnation == made.incarnation() && !batch.phase.isEnd()) {
            batch.plan = made.stored();
            batch.rows = made.rows();
            if (!rows.entries(made.stored()).equals(made.rows())) {
                throw new Violation("the rows of %s are lost".formatted(batch.id));
            }
        }
    }

    private void publish(Batch batch) {
        if (batch.plan != null) {
            batch.phase = Phase.PUBLISHED;
            published++;
        }
    }

    /// Every batch ends, and a last one reads what is left.
    private void settle() {
        List.copyOf(batches.values()).forEach(this::finish);
        finish(submit(false));
        Map<Long, Long> scored = scored(false);
        present.forEach((id, value) -> {
            if (!value.equals(scored.get(id))) {
                throw new Violation("row %d is %d, and was scored as %d".formatted(id, value, scored.get(id)));
            }
        });
    }

    private void finish(Batch batch) {
        if (!batch.phase.isEnd()) {
            plan(batch);
            if (batch.plan == null) {
                advance(tries.removeLast());
                advance(tries.removeLast());
            }
            publish(batch);
        }
    }
}
