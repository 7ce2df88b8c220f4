package io.nightshift.storage.source;

import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Compares files with their pins, in order. Those whose comparison waits for the network are compared some at a time. For one
/// thread.
final class Comparisons {

    private static final int AHEAD = 16;

    private final Iterator<SourceFile> files;
    private final PinComparison comparison;
    private final Queue<FutureTask<List<String>>> begun = new ArrayDeque<>();

    Comparisons(List<SourceFile> files, PinComparison comparison) {
        this.files = files.iterator();
        this.comparison = comparison;
    }

    /// The differences of the next file.
    ///
    /// @throws IOException if they can't be found out
    List<String> next() throws IOException {
        while (begun.size() < AHEAD && files.hasNext()) {
            SourceFile file = files.next();
            FutureTask<List<String>> task = new FutureTask<>(() -> comparison.differences(file));
            begun.add(task);
            if (!comparison.waitsForNetwork(file)) {
                // A local file is compared at once, by this thread.
                task.run();
                break;
            }
            Thread.ofVirtual().name("compare-" + file.path()).start(task);
        }
        try {
            return begun.remove().get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException known -> throw known;
                case RuntimeException known -> throw known;
                case null, default -> throw new IllegalStateException("a comparison ended unexpectedly", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
