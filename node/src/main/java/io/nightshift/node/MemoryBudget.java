package io.nightshift.node;

import com.sun.management.OperatingSystemMXBean;
import io.nightshift.worker.partition.MemoryEstimate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The memory that a node may use.
public final class MemoryBudget {

    private MemoryBudget() {}

    /// Three quarters of [#total].
    public static long budget() {
        return total() / 4 * 3;
    }

    /// The machine's memory, or the container's limit, in bytes.
    public static long total() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    /// The machine's memory whatever the container's limit, in bytes; null where it is not known.
    public static @Nullable Long ofMachine() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(line -> line.startsWith("MemTotal:"))
                    .findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .orElse(null);
        } catch (IOException | UncheckedIOException e) {
            return null;
        }
    }

    /// The free part of this process's heap, in bytes.
    public static long freeHeap() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    /// The part of it that DuckDB uses before it spills, in bytes.
    public static long duckDb() {
        return MemoryEstimate.duckDb(budget());
    }
}
