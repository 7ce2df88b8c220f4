package io.nightshift.nemesis.fault;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// Callers that submit the job of the running batch again and again with one idempotency key.
final class RepeatingCallers {

    private static final int CALLERS = 3;

    private final String batch;
    private final Set<String> batches = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newFixedThreadPool(CALLERS);

    /// Not an interruption of the threads: a command that starts an actor system swallows it.
    private volatile boolean hasEnded;

    private RepeatingCallers(String batch) {
        this.batch = batch;
    }

    /// @param batch the running batch
    static RepeatingCallers start(NemesisCluster cluster, Workload workload, BatchOutput output, String batch) {
        RepeatingCallers callers = new RepeatingCallers(batch);
        for (int i = 0; i < CALLERS; i++) {
            callers.threads.execute(() -> callers.repeat(cluster, workload, output));
        }
        return callers;
    }

    private void repeat(NemesisCluster cluster, Workload workload, BatchOutput output) {
        while (!hasEnded) {
            CommandResult submitted = workload.repeat(cluster, output, batch);
            if (submitted.status() == 0) {
                JsonNode answer = submitted.json();
                batches.add(answer.get("batch").asText());
            }
        }
    }

    /// Stops the callers.
    ///
    /// @throws IOException if one of them was told another batch than the running one
    void end() throws IOException {
        hasEnded = true;
        threads.shutdown();
        try {
            if (!threads.awaitTermination(2, TimeUnit.MINUTES)) {
                throw new IOException("a caller waits for an answer for two minutes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        batches.remove(batch);
        if (!batches.isEmpty()) {
            throw new IOException("repeated submissions of %s opened %s".formatted(batch, batches));
        }
    }
}
