package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.source.FileVersion;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The history of a job with new files: files that arrive, are replaced, vanish and come back; batches that
/// are submitted, planned, published and cancelled in any order, also with `--full`; plans that are made at
/// the same time, whose node crashes, or that come too late. The decision logic is the real one. A seed
/// decides everything.
///
/// The model is simple: each version of a file that is there at the end was read by a published batch, and of
/// the published batches that read one, only one is not started with `--full`.
final class NewFilesSimulation {

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface MarksFactory {
        FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger);
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
        private @Nullable Set<FileKey> plan;

        Batch(BatchId id, boolean full) {
            this.id = id;
            this.full = full;
        }

        Planned planned() {
            return new Planned(phase, plan == null ? null : plan.toString());
        }
    }

    /// A plan that is being made.
    ///
    /// @param incarnation of the coordinator that makes it
    /// @param files that are claimed next, or were claimed
    private record Try(Batch batch, int incarnation, Set<FileKey> files, boolean isClaimed) {}

    private static final String SOURCE = "source";
    private static final int STEPS = 60;
    private static final int NAMES = 6;

    private final SplittableRandom random;
    private final FileMarks marks;
    private final Map<BatchId, Batch> batches = new LinkedHashMap<>();
    private final Map<String, FileKey> present = new HashMap<>();
    private final Map<String, FileKey> gone = new HashMap<>();
    private final List<Try> tries = new ArrayList<>();
    private int versions;
    private int published;

    private NewFilesSimulation(long seed, MarksFactory factory) {
        random = new SplittableRandom(seed);
        marks = factory.create(
                new ReadFilesInMemory(),
                id -> Objects.requireNonNull(batches.get(id)).planned());
    }

    /// @return how many batches were published
    static int run(long seed, MarksFactory factory) {
        NewFilesSimulation simulation = new NewFilesSimulation(seed, factory);
        for (int i = 0; i < STEPS; i++) {
            simulation.step();
        }
        simulation.settle();
        simulation.check();
        return simulation.published;
    }

    private void step() {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> change();
            case 3, 4 -> submit(random.nextInt(8) == 0);
            case 5, 6 -> any(batches.values()).ifPresent(this::plan);
            case 7, 8, 9 -> {
                if (!tries.isEmpty()) {
                    advance(tries.remove(random.nextInt(tries.size())));
                }
            }
            case 10 -> any(batches.values()).ifPresent(this::publish);
            default -> {
                if (random.nextInt(3) == 0) {
                    any(batches.values()).ifPresent(this::cancel);
                }
            }
        }
    }

    private Optional<Batch> any(Collection<Batch> all) {
        List<Batch> open = all.stream().filter(batch -> !batch.phase.isEnd()).toList();
        return open.isEmpty() ? Optional.empty() : Optional.of(open.get(random.nextInt(open.size())));
    }

    private void change() {
        String name = "f" + random.nextInt(NAMES);
        FileKey before = present.get(name);
        FileKey back = gone.get(name);
        if (before != null && random.nextInt(3) == 0) {
            gone.put(name, before);
            present.remove(name);
        } else if (before == null && back != null && random.nextBoolean()) {
            present.put(name, back);
        } else {
            versions++;
            present.put(name, FileKey.of(SOURCE, new FileVersion(name, versions, FileTime.from(Instant.EPOCH), null)));
        }
    }

    private void submit(boolean full) {
        BatchId id = new BatchId("job-%03d".formatted(batches.size()));
        batches.put(id, new Batch(id, full));
    }

    private void plan(Batch batch) {
        if (batch.plan == null) {
            batch.incarnation++;
            tries.add(new Try(batch, batch.incarnation, selected(batch), false));
        }
    }

    private Set<FileKey> selected(Batch batch) {
        return new TreeSet<>(batch.full ? present.values() : marks.unread(batch.id, present.values()));
    }

    /// Claims the files of a plan, or persists it. A coordinator that is no longer in office may still claim.
    private void advance(Try made) {
        Batch batch = made.batch();
        if (!made.isClaimed()) {
            boolean isClaimed = marks.claim(SOURCE, batch.id, made.files().toString(), made.files(), batch.full);
            if (isClaimed) {
                tries.add(new Try(batch, made.incarnation(), made.files(), true));
            }
        } else if (batch.plan == null && batch.incarnation == made.incarnation() && !batch.phase.isEnd()) {
            batch.plan = made.files();
        }
    }

    private void publish(Batch batch) {
        if (batch.plan != null) {
            batch.phase = Phase.PUBLISHED;
            published++;
        }
    }

    private void cancel(Batch batch) {
        batch.phase = Phase.CANCELLED;
    }

    /// Every batch ends, and a last one reads what is left.
    private void settle() {
        List<Batch> open = new ArrayList<>(batches.values());
        open.forEach(this::finish);
        submit(false);
        finish(List.copyOf(batches.values()).getLast());
    }

    private void finish(Batch batch) {
        while (!batch.phase.isEnd() && batch.plan == null) {
            plan(batch);
            Try first = tries.removeLast();
            advance(first);
            if (!tries.isEmpty()
                    && tries.getLast().batch() == batch
                    && tries.getLast().isClaimed()) {
                advance(tries.removeLast());
            }
        }
        if (!batch.phase.isEnd()) {
            publish(batch);
        }
    }

    private void check() {
        Map<FileKey, List<Batch>> readBy = new HashMap<>();
        for (Batch batch : batches.values()) {
            if (batch.phase == Phase.PUBLISHED && batch.plan != null) {
                batch.plan.forEach(file ->
                        readBy.computeIfAbsent(file, first -> new ArrayList<>()).add(batch));
            }
        }
        present.forEach((name, file) -> {
            if (!readBy.containsKey(file)) {
                throw new Violation("no batch has read " + name);
            }
        });
        readBy.forEach((file, by) -> {
            if (by.stream().filter(batch -> !batch.full).count() > 1) {
                throw new Violation("%s was read by %s"
                        .formatted(file, by.stream().map(batch -> batch.id).toList()));
            }
        });
    }

    /// Decision logic in which one reading counts otherwise.
    static FileMarks counting(
            ReadFiles files, Function<BatchId, Planned> ledger, Function<Planned, @Nullable Boolean> mistake) {
        return new FileMarks(files, ledger) {
            @Override
            boolean counts(Reading reading, Map<BatchId, Planned> known) {
                Boolean mistaken = mistake.apply(ledger.apply(reading.batch()));
                return mistaken == null ? super.counts(reading, known) : mistaken;
            }
        };
    }
}
