package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.plan.Planner;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// The source of a simulated batch: files that come, change and vanish. Each version of a file has a tag of its
/// own.
final class SimulatedSource {

    static final Failure CHANGED = Failure.permanent("the input has changed");

    private final RandomGenerator random;
    private final List<InspectedFile> files = new ArrayList<>();
    private int versions;

    SimulatedSource(RandomGenerator random, long... sizes) {
        this.random = random;
        files.add(file("/data/a.parquet", sizes));
    }

    private InspectedFile file(String path, long... sizes) {
        versions++;
        List<Long> groups = new ArrayList<>();
        long rows = 0;
        for (long size : sizes) {
            groups.add(size);
            rows += size;
        }
        return new InspectedFile(new SourceFile(path, 300, ExampleBatch.AT, rows, "v" + versions), groups);
    }

    /// Digest of the identities of the files.
    String input() {
        return SourcePins.identity(files);
    }

    /// Adds a file, or, more seldom, changes or removes one.
    void change() {
        int place = random.nextInt(files.size());
        switch (random.nextInt(6)) {
            case 0 -> files.set(place, file(files.get(place).file().path(), sizes()));
            case 1 -> {
                if (files.size() > 1) {
                    files.remove(place);
                }
            }
            default -> {
                // Its name is before or after those that are there.
                InspectedFile file = file("/data/%d-%d.parquet".formatted(random.nextInt(10), versions), sizes());
                files.add(random.nextBoolean() ? files.size() : 0, file);
            }
        }
    }

    private long[] sizes() {
        long[] sizes = new long[random.nextInt(3)];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = random.nextLong(1, 11);
        }
        return sizes;
    }

    /// A plan whose first file is an object of its own.
    CoordinatorMessage.PlanCompleted plan() {
        List<InspectedFile> copy = new ArrayList<>(files);
        SourceFile first = copy.getFirst().file();
        copy.set(
                0,
                new InspectedFile(
                        new SourceFile(first.path(), first.bytes(), first.modified(), first.rows(), first.tag()),
                        copy.getFirst().rowGroups()));
        return new CoordinatorMessage.PlanCompleted(copy, Planner.cut(files, 10), input());
    }

    CoordinatorMessage.StepOutcome check(List<SourceFile> pinned) {
        return areUnchanged(pinned)
                ? new CoordinatorMessage.InputUnchanged()
                : new CoordinatorMessage.TaskFailed(CHANGED);
    }

    CoordinatorMessage.StepOutcome inspect(BatchEvent.ExtensionRequested request) {
        return new CoordinatorMessage.InputInspected(request, List.copyOf(files), input());
    }

    /// Whether a worker can read the slices of its lease.
    boolean isReadable(List<Slice> slices) {
        return areUnchanged(slices.stream().map(Slice::file).toList());
    }

    private boolean areUnchanged(List<SourceFile> pinned) {
        return files.stream().map(InspectedFile::file).toList().containsAll(pinned);
    }
}
