package io.nightshift.node.gateway;

import com.sun.management.OperatingSystemMXBean;
import io.nightshift.api.NodeList.NodeMemory;
import io.nightshift.api.NodeList.NodeScratch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The memory and the scratch space of this node. Safe for several threads, none of which waits: the scratch
/// folder, whose disk may hang, is measured in the background.
final class NodeResources {

    private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Path STATUS = Path.of("/proc/self/status");

    private final Supplier<Path> folder;
    private final Executor blocking;
    private final AtomicBoolean isMeasuring = new AtomicBoolean();
    private volatile @Nullable Measured measured;

    /// @param at by [System#nanoTime]
    /// @param scratch null if it can't be measured
    private record Measured(long at, @Nullable NodeScratch scratch) {}

    /// @param folder the scratch folder; called by `blocking`, and may wait and throw
    /// @param blocking runs what may wait
    NodeResources(Supplier<Path> folder, Executor blocking) {
        this.folder = folder;
        this.blocking = blocking;
        measureSoon();
    }

    NodeMemory memory() {
        Runtime runtime = Runtime.getRuntime();
        return new NodeMemory(
                ofProcess(),
                runtime.totalMemory() - runtime.freeMemory(),
                runtime.maxMemory(),
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize());
    }

    private static long ofProcess() {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .orElse(0L);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    /// As it was some seconds ago; null if it was not measured yet, or can't be measured.
    @Nullable
    NodeScratch scratch() {
        Measured last = measured;
        if (last == null || System.nanoTime() - last.at() > FRESH_NANOS) {
            measureSoon();
        }
        return last == null ? null : last.scratch();
    }

    private void measureSoon() {
        if (isMeasuring.compareAndSet(false, true)) {
            blocking.execute(() -> {
                try {
                    NodeScratch scratch = measure(folder.get());
                    measured = new Measured(System.nanoTime(), scratch);
                } catch (IOException | RuntimeException e) {
                    measured = new Measured(System.nanoTime(), null);
                } finally {
                    isMeasuring.set(false);
                }
            });
        }
    }

    /// @param folder may not exist
    static NodeScratch measure(Path folder) throws IOException {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = Objects.requireNonNull(existing.getParent(), "the root exists");
        }
        FileStore disk = Files.getFileStore(existing);
        return new NodeScratch(folder.toString(), used(folder), disk.getUsableSpace(), disk.getTotalSpace());
    }

    private static long used(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(NodeResources::size).sum();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// A file may be deleted at any time.
    private static long size(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
