package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.fail;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Ten thousand lives of a batch, in which everything goes wrong; each must end, and keep every
/// promise on the way. A seed that doesn't is printed, and runs again by itself:
/// `-Dnightshift.simulation.seed=SEED -Dnightshift.simulation.runs=1`.
class SimulationTest {

    private static final long RUNS = Long.getLong("nightshift.simulation.runs", 5_000);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    @Test
    void inEveryRunTheBatchEndsAndEveryInvariantHolds() {
        AtomicLong steps = new AtomicLong();
        Map<Long, InvariantViolation> broken = new TreeMap<>();
        long begin = System.nanoTime();
        LongStream.range(FIRST_SEED, FIRST_SEED + RUNS).parallel().forEach(seed -> {
            try {
                steps.addAndGet(Simulation.run(seed, Simulation.REAL));
            } catch (InvariantViolation violation) {
                synchronized (broken) {
                    broken.put(seed, violation);
                }
            }
        });
        System.out.printf(
                Locale.ROOT,
                "%,d runs from seed %d, %,d steps, in %.1f s%n",
                RUNS,
                FIRST_SEED,
                steps.get(),
                (System.nanoTime() - begin) / 1e9);
        if (!broken.isEmpty()) {
            Map<String, Long> kinds = new TreeMap<>();
            broken.values()
                    .forEach(violation -> kinds.merge(
                            String.valueOf(violation.getMessage()).replaceAll("[0-9]+", "N"), 1L, Long::sum));
            long seed = broken.keySet().iterator().next();
            fail(
                    "%d of %d runs broke a promise: %s%nthe first is -Dnightshift.simulation.seed=%d"
                            .formatted(broken.size(), RUNS, kinds, seed),
                    broken.get(seed));
        }
    }
}
