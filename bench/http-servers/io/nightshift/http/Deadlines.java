package io.nightshift.http;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/// Time limits and connection limits that a server does not have itself: a connection is closed unless the
/// head of its next request is complete within [#HEAD_SECONDS], and its body within [#BODY_SECONDS]; a
/// client address may have [#PER_ADDRESS] connections. Safe for several threads.
final class Deadlines {

    static final int HEAD_SECONDS = 10;
    static final int BODY_SECONDS = 20;
    static final int PER_ADDRESS = 256;

    private final Map<Object, Entry> open = new HashMap<>();
    private final Map<String, Integer> byAddress = new HashMap<>();

    private static final class Entry {
        private final String address;
        private final Runnable close;
        private long deadline;

        private Entry(String address, Runnable close, long deadline) {
            this.address = address;
            this.close = close;
            this.deadline = deadline;
        }
    }

    synchronized void opened(Object connection, String address, Runnable close) {
        open.put(connection, new Entry(address, close, in(HEAD_SECONDS)));
        if (byAddress.merge(address, 1, Integer::sum) > PER_ADDRESS) {
            close.run();
        }
    }

    /// The head of a request is complete.
    ///
    /// @param hasBody whether a body is still to come
    synchronized void head(Object connection, boolean hasBody) {
        set(connection, hasBody ? in(BODY_SECONDS) : Long.MAX_VALUE);
    }

    /// The body of a request is complete.
    synchronized void body(Object connection) {
        set(connection, Long.MAX_VALUE);
    }

    synchronized void answered(Object connection) {
        set(connection, in(HEAD_SECONDS));
    }

    synchronized void closed(Object connection) {
        Entry entry = open.remove(connection);
        if (entry != null) {
            byAddress.computeIfPresent(entry.address, (address, count) -> count == 1 ? null : count - 1);
        }
    }

    /// Closes the connections whose time is up. Called once a second.
    void sweep() {
        long now = System.nanoTime();
        Iterator<Runnable> late;
        synchronized (this) {
            late = open.values().stream()
                    .filter(entry -> entry.deadline != Long.MAX_VALUE && entry.deadline - now < 0)
                    .map(entry -> entry.close)
                    .toList()
                    .iterator();
        }
        late.forEachRemaining(Runnable::run);
    }

    private void set(Object connection, long deadline) {
        Entry entry = open.get(connection);
        if (entry != null) {
            entry.deadline = deadline;
        }
    }

    private static long in(int seconds) {
        return System.nanoTime() + seconds * 1_000_000_000L;
    }
}
