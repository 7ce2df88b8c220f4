package io.nightshift.bench.peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The meaning of a second: one of the wall clock or, where other work would disturb that, one of both
/// processors.
enum Clock {
    WALL,
    PROCESSOR;

    static final Clock CHOSEN = "cpu".equals(System.getenv("CLOCK")) ? PROCESSOR : WALL;

    private static final int THREADS = 2;

    static double seconds() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return CHOSEN == WALL ? System.nanoTime() / 1e9 : system.getProcessCpuTime() / 1e9 / THREADS;
    }
}
