package io.nightshift.cli;

import io.nightshift.storage.endpoint.EndpointWait;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/// Reports the object store, database or other server that a command waits for. Without this report, the command
/// seems to hang until its time limits are over. For one thread.
final class WaitReport {

    private static final long LOOK_MILLIS = 1_000;

    /// A wait of this length is reported.
    private static final Duration LONG = Duration.ofSeconds(4);

    /// A wait that continues is reported again after so many looks.
    private static final int AGAIN = 15;

    private final PrintWriter out;
    private final Function<Duration, Iterable<String>> waits;
    private final Map<String, Integer> told = new HashMap<>();

    /// @param waits the endpoints that have been waited for longer than a time
    WaitReport(PrintWriter out, Function<Duration, Iterable<String>> waits) {
        this.out = out;
        this.waits = waits;
    }

    /// Looks once a second, on a thread of its own.
    ///
    /// @return ends it
    static Runnable begin(PrintWriter out) {
        WaitReport report = new WaitReport(out, EndpointWait::longerThan);
        Thread thread = Thread.ofVirtual().name("wait-report").start(() -> {
            try {
                while (true) {
                    Thread.sleep(LOOK_MILLIS);
                    report.look();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return thread::interrupt;
    }

    /// Reports the waits that are new, or that continue for long.
    void look() {
        Map<String, Integer> now = new HashMap<>();
        for (String endpoint : waits.apply(LONG)) {
            int looks = told.getOrDefault(endpoint, 0);
            if (looks % AGAIN == 0) {
                out.println("Waiting for %s, which has not answered for %d seconds."
                        .formatted(endpoint, LONG.toSeconds() + looks * LOOK_MILLIS / 1_000));
                out.flush();
            }
            now.put(endpoint, looks + 1);
        }
        told.clear();
        told.putAll(now);
    }
}
