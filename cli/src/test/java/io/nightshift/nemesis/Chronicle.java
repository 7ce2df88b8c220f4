package io.nightshift.nemesis;

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

/// What the nodes' logs tell of one batch. Times are those at which the lines were read, since the nodes' clocks are
/// among the things that are tampered with.
final class Chronicle {

    private record Commit(int partition, long at) {}

    private final Pattern leased;
    private final Pattern committed;
    private final Pattern ended;
    private final Pattern tookOver;

    private final Map<Integer, Set<String>> leases = new HashMap<>();
    private final List<Commit> commits = new ArrayList<>();
    private final Set<Integer> done = new HashSet<>();
    private final Set<Integer> settled = new HashSet<>();
    private final Set<Integer> scoredInVain = new TreeSet<>();
    private int inFlight;
    private @Nullable Place coordinator;

    Chronicle(String batch) {
        String attempt = Pattern.quote(batch) + "\\.(\\d+)\\.(\\d+-\\d+)";
        leased = Pattern.compile(attempt + " leased to ");
        committed = Pattern.compile(attempt + " committed$");
        ended = Pattern.compile(attempt + " (is released|is given back|failed on \\S+: (?!no heartbeat for))");
        tookOver = Pattern.compile(Pattern.quote(batch) + " is resumed by this node: ");
    }

    /// Takes note of what one reading of all logs has brought.
    ///
    /// @param lines of each node's log
    synchronized void read(Map<Place, List<String>> lines, long now) {
        // Leases first: in what order lines of two logs were written in this moment isn't known.
        lines.forEach((place, log) -> log.forEach(line -> lease(place, line)));
        lines.forEach((place, log) -> log.forEach(line -> commit(line, now)));
    }

    private void lease(Place place, String line) {
        if (tookOver.matcher(line).find()) {
            inFlight += open().size();
            coordinator = place;
        }
        Matcher matcher = leased.matcher(line);
        if (matcher.find()) {
            int partition = Integer.parseInt(matcher.group(1));
            leases.computeIfAbsent(partition, key -> new HashSet<>()).add(matcher.group(2));
            coordinator = place;
            if (settled.contains(partition)) {
                scoredInVain.add(partition);
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

    /// Remembers what is committed: none of it may be leased from here on.
    synchronized void settle() {
        settled.addAll(done);
        inFlight += open().size();
    }

    /// The node whose log told the last lease: that which holds the batch.
    synchronized @Nullable Place coordinator() {
        return coordinator;
    }

    synchronized int committed() {
        return done.size();
    }

    /// When the first partition was committed after a time, or null.
    synchronized @Nullable Long commitAfter(long time) {
        return commits.stream()
                .map(Commit::at)
                .filter(at -> at - time > 0)
                .findFirst()
                .orElse(null);
    }

    /// Partitions that were leased although they had been committed before [#settle].
    synchronized Set<Integer> scoredInVain() {
        return new TreeSet<>(scoredInVain);
    }

    /// How many partitions were leased more than once, attempts that told of a failure or were given back not counted:
    /// those were not scored to their end.
    synchronized int leasedAgain() {
        return (int)
                leases.values().stream().filter(epochs -> epochs.size() > 1).count();
    }

    /// How many partitions were leased and not committed at [#settle], and whenever another coordinator took over
    /// since.
    synchronized int inFlight() {
        return inFlight;
    }
}
