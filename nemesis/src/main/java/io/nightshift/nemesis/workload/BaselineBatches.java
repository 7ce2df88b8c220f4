package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.nemesis.cluster.NemesisCluster;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// Runs batches without faults, for measurements.
public final class BaselineBatches {

    private static final Duration POLL_INTERVAL = Duration.ofMillis(250);

    /// A commit of a partition in the ledger.
    ///
    /// @param node `host:port`
    public record Commit(Instant at, String node, long rows) {}

    private final NemesisCluster cluster;
    private final Workload workload;
    private final BatchOutput output;

    public BaselineBatches(NemesisCluster cluster, Workload workload, BatchOutput output) {
        this.cluster = cluster;
        this.workload = workload;
        this.output = output;
    }

    /// Runs a batch to its end and removes its output.
    ///
    /// @return the commits in the order of the ledger
    public List<Commit> run() throws Exception {
        String batch = workload.submit(cluster, output);
        String state = "";
        while (!state.equals("published")) {
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
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

    /// Rows per second between the first commit and the last.
    public static double rowsPerSecond(List<Commit> commits) {
        long rows = commits.stream().skip(1).mapToLong(Commit::rows).sum();
        return rows * 1e3 / millis(commits.getFirst(), commits.getLast());
    }

    private static long millis(Commit from, Commit to) {
        return Math.max(1, Duration.between(from.at(), to.at()).toMillis());
    }

    /// The fraction of the rows that each node scored, 0 to 1, by the node's name.
    public static Map<String, Double> shares(List<Commit> commits) {
        double all = commits.stream().mapToLong(Commit::rows).sum();
        Map<String, Double> shares = new HashMap<>();
        commits.forEach(commit -> shares.merge(commit.node(), commit.rows() / all, Double::sum));
        return shares;
    }
}
