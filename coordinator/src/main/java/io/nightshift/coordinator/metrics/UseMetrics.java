package io.nightshift.coordinator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.protocol.batch.Use;
import org.jspecify.annotations.Nullable;

/// The metrics of what attempts use, as the ledger records it: of those that were committed, or of those that
/// were thrown away.
final class UseMetrics {

    private final Counter processor;
    private final Counter elapsed;
    private final Counter reading;
    private final Counter writing;
    private final Counter read;
    private final Counter written;

    /// Null if no prices are known.
    private final @Nullable Counter cost;

    private final Prices prices;

    /// @param outcome `committed` or `discarded`
    UseMetrics(MeterRegistry registry, Prices prices, String outcome) {
        this.prices = prices;
        processor = counter(
                registry, "processor", "seconds", "Processor time of the scoring threads, by what came of it", outcome);
        elapsed = counter(
                registry, "thread", "seconds", "Time of attempts on scoring threads, by what came of it", outcome);
        reading = counter(
                registry, "reading", "seconds", "Time in which attempts waited for input, by what came of it", outcome);
        writing = counter(
                registry,
                "writing",
                "seconds",
                "Time in which attempts waited for the destination, by what came of it",
                outcome);
        read = counter(registry, "read", "bytes", "Bytes that attempts read, by what came of it", outcome);
        written = counter(registry, "written", "bytes", "Bytes that attempts wrote, by what came of it", outcome);
        cost = prices.areKnown()
                ? Counter.builder("nightshift.use.cost")
                        .description("What attempts cost by the prices of nightshift.cost, by what came of it")
                        .tag("outcome", outcome)
                        .tag("currency", prices.currency())
                        .register(registry)
                : null;
    }

    private static Counter counter(
            MeterRegistry registry, String name, String unit, String description, String outcome) {
        return Counter.builder("nightshift.use." + name)
                .description(description)
                .baseUnit(unit)
                .tag("outcome", outcome)
                .register(registry);
    }

    void add(Use use) {
        processor.increment(use.processor() / 1e6);
        elapsed.increment(use.elapsed() / 1e6);
        reading.increment(use.reading() / 1e6);
        writing.increment(use.writing() / 1e6);
        read.increment((double) use.read());
        written.increment((double) use.written());
        if (cost != null) {
            cost.increment(prices.of(use).doubleValue());
        }
    }
}
