package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A caller that may submit jobs, and tries to pause, cancel and delete the running batch.
final class ForbiddenCaller {

    private static final List<String> VERBS = List.of("pause", "cancel", "delete");

    private final NemesisCluster cluster;
    private final String batch;
    private final List<String> accepted = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile int refused;

    /// Not an interruption of the thread: a command that starts an actor system swallows it.
    private volatile boolean hasEnded;

    private volatile boolean hasGivenUp;

    private ForbiddenCaller(NemesisCluster cluster, String batch) {
        this.cluster = cluster;
        this.batch = batch;
        this.thread = Thread.ofVirtual().unstarted(this::call);
    }

    static ForbiddenCaller start(NemesisCluster cluster, String batch) {
        ForbiddenCaller caller = new ForbiddenCaller(cluster, batch);
        caller.thread.start();
        return caller;
    }

    private void call() {
        int refusals = 0;
        for (int i = 0; !hasEnded || (refusals == 0 && !hasGivenUp); i++) {
            String verb = VERBS.get(i % VERBS.size());
            CommandResult answer = cluster.batchAsSubmitter(verb, batch);
            if (answer.status() == 0) {
                accepted.add(verb);
                return;
            }
            if (answer.err().contains("role")) {
                refused = ++refusals;
            }
        }
    }

    /// Stops the caller.
    ///
    /// @throws IOException if it was allowed to do something, or never refused for its role
    void end() throws IOException {
        hasEnded = true;
        try {
            thread.join(TimeUnit.MINUTES.toMillis(2));
            hasGivenUp = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        if (!accepted.isEmpty()) {
            throw new IOException("the role submit was allowed to %s %s".formatted(accepted, batch));
        }
        if (refused == 0) {
            throw new IOException("a caller was not refused for its role in two minutes");
        }
    }
}
