package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// Batches to which nothing happens, for measurements.
final class Batches {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    /// A partition's commit, as the ledger has it.
    ///
    /// @param node `host:port`
    record Commit(Instant at, String node, long rows) {}

    private final Cluster cluster;
    private final Workload workload;
    private final Output output;

    Batches(Cluster cluster, Workload workload, Output output) {
        this.cluster = cluster;
        this.workload = workload;
        this.output = output;
    }

    /// Runs one to its end, and removes its output.
    ///
    /// @return its commits, in their order
    List<Commit> run() throws Exception {
        String batch = workload.submit(cluster, output);
        String state = "";
        while (!state.equals("published")) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            JsonNode shown = cluster.show(batch);
            state = shown == null ? "unknown" : shown.get("state").asText();
            if (state.equals("failed") || state.equals("cancelled")) {
                throw new IOException("batch %s is %s: %s".formatted(batch, state, shown));
            }
        }
        output.clear();
        return commits(batch);
    }

    private List<Commit> commits(String batch) throws IOException {
        List<Commit> commits = new ArrayList<>();
        for (JsonNode event : cluster.events(batch)) {
            Instant at = Instant.parse(event.get("at").asText());
            event.path("commits")
                    .forEach(commit -> commits.add(new Commit(
                            at, commit.get("node").asText(), commit.get("read").asLong())));
        }
        return commits;
    }

    /// Rows a second, from the first commit to the last.
    static double rowsPerSecond(List<Commit> commits) {
        long rows = commits.stream().skip(1).mapToLong(Commit::rows).sum();
        return rows * 1e3 / millis(commits.getFirst(), commits.getLast());
    }

    private static long millis(Commit from, Commit to) {
        return Math.max(1, Duration.between(from.at(), to.at()).toMillis());
    }

    /// The share of rows that each node has taken, 0 to 1.
    static Map<String, Double> shares(List<Commit> commits) {
        double all = commits.stream().mapToLong(Commit::rows).sum();
        Map<String, Double> shares = new HashMap<>();
        commits.forEach(commit -> shares.merge(commit.node(), commit.rows() / all, Double::sum));
        return shares;
    }
}
