package io.nightshift.storage.endpoint;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/// A thread's use of an endpoint whose calls all have time limits of their own, such as an open connection to a
/// database, until it is closed. Safe for several threads.
public final class EndpointUse implements AutoCloseable {

    private static final Map<Thread, Integer> USERS = new ConcurrentHashMap<>();

    private final Thread user = Thread.currentThread();
    private final AtomicBoolean closed = new AtomicBoolean();

    private EndpointUse() {
        USERS.merge(user, 1, Integer::sum);
    }

    /// Begins a use by the calling thread.
    public static EndpointUse begin() {
        return new EndpointUse();
    }

    /// Whether a thread uses an endpoint now.
    public static boolean isBy(Thread thread) {
        return USERS.containsKey(thread);
    }

    /// Ends the use, by any thread.
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            USERS.computeIfPresent(user, (_, uses) -> uses == 1 ? null : uses - 1);
        }
    }
}
