package io.nightshift.storage.endpoint;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A thread's wait for an endpoint, such as an object store or a database, until it is closed. If an endpoint
/// accepts connections and never answers, the program would seem to hang. So [#longerThan] lists the endpoints that
/// threads wait for. Safe for several threads.
public final class EndpointWait implements AutoCloseable {

    private static final Set<EndpointWait> OPEN = ConcurrentHashMap.newKeySet();

    private final String endpoint;
    private volatile long since = System.nanoTime();

    private EndpointWait(String endpoint) {
        this.endpoint = endpoint;
    }

    /// Begins a wait.
    ///
    /// @param endpoint for people, such as `store lake at https://…`
    public static EndpointWait begin(String endpoint) {
        EndpointWait wait = new EndpointWait(endpoint);
        OPEN.add(wait);
        return wait;
    }

    /// The endpoint has sent something. The wait begins again.
    public void answered() {
        since = System.nanoTime();
    }

    /// The endpoints that a thread of this process has waited for, without an answer, for longer than a time;
    /// each once.
    public static List<String> longerThan(Duration time) {
        return longerThan(time, System.nanoTime());
    }

    /// @param now as [System#nanoTime()] has it
    static List<String> longerThan(Duration time, long now) {
        return OPEN.stream()
                .filter(wait -> now - wait.since > time.toNanos())
                .map(wait -> wait.endpoint)
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        OPEN.remove(this);
    }
}
