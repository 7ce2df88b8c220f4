package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.SimulatedHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The leases and commits of one batch in the logs of the nodes. Times are those at which the lines were
/// read, because a fault may change the clock of a node.
public final class LeaseTimeline {

    private record Commit(int partition, long at) {}

    private final String batch;
    private final Pattern leased;
    private final Pattern committed;
    private final Pattern ended;
    private final Pattern tookOver;
    private final String planned;
    private final Pattern awaited;

    private final Map<Integer, Set<String>> leases = new HashMap<>();
    private final List<Commit> commits = new ArrayList<>();
    private final Set<Integer> done = new HashSet<>();
    private final Set<Integer> committedBeforeFault = new HashSet<>();
    private final Set<Integer> leasedAfterCommit = new TreeSet<>();
    private boolean hasReached;
    private int inFlight;
    private @Nullable SimulatedHost coordinator;

    /// @param awaited found in the line about the batch that [#hasReached] waits for
    public LeaseTimeline(String batch, Pattern awaited) {
        this.batch = batch;
        this.awaited = awaited;
        planned = batch + " planned: ";
        String attempt = Pattern.quote(batch) + "\\.(\\d+)\\.(\\d+-\\d+)";
        leased = Pattern.compile(attempt + " leased to ");
        committed = Pattern.compile(attempt + " committed$");
        ended = Pattern.compile(attempt + " (is released|failed on \\S+: (?!no heartbeat for))");
        tookOver = Pattern.compile(Pattern.quote(batch) + " took over: ");
    }

    /// The batch's ID.
    public String batch() {
        return batch;
    }

    /// Adds new lines of the logs.
    ///
    /// @param lines the new lines of each node's log
    /// @param now the time at which they were read, in nanoseconds
    public synchronized void read(Map<SimulatedHost, List<String>> lines, long now) {
        // Leases first, because the order of lines in different logs is unknown.
        lines.forEach((host, log) -> log.forEach(line -> lease(host, line)));
        lines.forEach((host, log) -> log.forEach(line -> commit(line, now)));
        hasReached |= lines.values().stream()
                .flatMap(List::stream)
                .anyMatch(line -> line.contains(batch) && awaited.matcher(line).find());
    }

    /// Whether the awaited line was read.
    public synchronized boolean hasReached() {
        return hasReached;
    }

    private void lease(SimulatedHost host, String line) {
        if (tookOver.matcher(line).find()) {
            inFlight += open().size();
            coordinator = host;
        }
        if (line.contains(planned)) {
            coordinator = host;
        }
        Matcher matcher = leased.matcher(line);
        if (matcher.find()) {
            int partition = Integer.parseInt(matcher.group(1));
            leases.computeIfAbsent(partition, key -> new HashSet<>()).add(matcher.group(2));
            coordinator = host;
            if (committedBeforeFault.contains(partition)) {
                leasedAfterCommit.add(partition);
            }
        }
    }

    private void commit(String line, long now) {
        Matcher end = ended.matcher(line);
        if (end.find()) {
            leases.getOrDefault(Integer.parseInt(end.group(1)), new HashSet<>()).remove(end.group(2));
        }
        Matcher matcher = committed.matcher(line);
        if (matcher.find()) {
            int partition = Integer.parseInt(matcher.group(1));
            commits.add(new Commit(partition, now));
            done.add(partition);
        }
    }

    private Set<Integer> open() {
        Set<Integer> open = new HashSet<>();
        leases.forEach((partition, epochs) -> {
            if (!epochs.isEmpty() && !done.contains(partition)) {
                open.add(partition);
            }
        });
        return open;
    }

    /// Marks the time of the fault. No partition committed by now may be leased again.
    public synchronized void markFault() {
        committedBeforeFault.addAll(done);
        inFlight += open().size();
    }

    /// The node of the batch's coordinator: the one that logged the last lease.
    public synchronized @Nullable SimulatedHost coordinator() {
        return coordinator;
    }

    public synchronized int committed() {
        return done.size();
    }

    /// The time of the first commit after a time, or null if there is none.
    public synchronized @Nullable Long commitAfter(long time) {
        return commits.stream()
                .map(Commit::at)
                .filter(at -> at - time > 0)
                .findFirst()
                .orElse(null);
    }

    /// The partitions that were leased after they had been committed before [#markFault].
    ///
    /// @param withdrawn partitions whose commits were withdrawn, which do not count
    public synchronized Set<Integer> leasedAfterCommit(Set<Integer> withdrawn) {
        Set<Integer> again = new TreeSet<>(leasedAfterCommit);
        again.removeAll(withdrawn);
        return again;
    }

    /// The number of partitions that were leased more than once. Attempts that reported a failure or were
    /// returned do not count, because they were not scored to their end.
    ///
    /// @param withdrawn partitions whose commits were withdrawn, which do not count
    public synchronized int leasedAgain(Set<Integer> withdrawn) {
        return (int) leases.entrySet().stream()
                .filter(lease -> lease.getValue().size() > 1 && !withdrawn.contains(lease.getKey()))
                .count();
    }

    /// The number of partitions that were leased and not committed at [#markFault], plus the same at each
    /// takeover by another coordinator.
    public synchronized int inFlight() {
        return inFlight;
    }
}
