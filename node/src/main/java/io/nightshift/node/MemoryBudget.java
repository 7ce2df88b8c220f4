package io.nightshift.node;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// How much memory a node may use.
public final class MemoryBudget {

    private static final long MEGABYTE = 1 << 20;

    private MemoryBudget() {}

    /// Three quarters of the machine's memory, or of the container's.
    public static long budget() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return system.getTotalMemorySize() / 4 * 3;
    }

    /// What is left of this process's heap, in bytes.
    public static long freeHeap() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    /// What DuckDB gets of it, in bytes, before it spills.
    public static long duckDb(int threads) {
        return Math.min(budget() / 2, (192 + 64L * threads) * MEGABYTE);
    }
}
