package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.SimulatedHost;
import java.util.List;
import java.util.Map;

/// Options that nodes are started with.
///
/// @param configuration HOCON that every node's configuration ends with
/// @param options of the JVMs
/// @param threads the scoring threads of nodes that have more than one
/// @param processors the processors that nodes are pinned to, in the notation of `taskset --cpu-list`
public record NodeLaunchOptions(
        String configuration,
        List<String> options,
        Map<SimulatedHost, Integer> threads,
        Map<SimulatedHost, String> processors) {

    /// For a fast start: compiled with C1 only. The nodes look every five seconds for batches that a killed
    /// coordinator has not cleaned up.
    public static final NodeLaunchOptions SMALL = new NodeLaunchOptions(
            "nightshift.batch.retention.every = 5s\n", List.of("-XX:TieredStopAtLevel=1"), Map.of(), Map.of());

    /// For a high throughput: compiled as in production.
    public static final NodeLaunchOptions FAST = new NodeLaunchOptions("", List.of(), Map.of(), Map.of());

    /// @param more HOCON
    public NodeLaunchOptions withConfiguration(String more) {
        return new NodeLaunchOptions(configuration + more, options, threads, processors);
    }

    public NodeLaunchOptions withThreads(Map<SimulatedHost, Integer> more) {
        return new NodeLaunchOptions(configuration, options, more, processors);
    }

    public NodeLaunchOptions withPins(Map<SimulatedHost, String> pins) {
        return new NodeLaunchOptions(configuration, options, threads, pins);
    }

    public int threads(SimulatedHost host) {
        return threads.getOrDefault(host, 1);
    }

    /// The words that precede a node's command.
    public List<String> commandPrefix(SimulatedHost host) {
        return processors.containsKey(host) ? List.of("taskset", "--cpu-list", processors.get(host)) : List.of();
    }
}
