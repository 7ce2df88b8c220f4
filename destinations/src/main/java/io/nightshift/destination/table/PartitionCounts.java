package io.nightshift.destination.table;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailureException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The number of rows of each partition in a table: what was committed, and whether the table holds it.
public final class PartitionCounts {

    private PartitionCounts() {}

    /// The committed rows by partition. Partitions without rows are absent.
    ///
    /// @param file the predictions, or the quarantine, of a commit; null if it has none
    public static Map<Integer, Long> committed(
            List<PartitionCommit> commits, Function<PartitionCommit, @Nullable OutputFile> file) {
        Map<Integer, Long> counts = new HashMap<>();
        for (PartitionCommit commit : commits) {
            OutputFile committed = file.apply(commit);
            if (committed != null && committed.rows() > 0) {
                counts.put(commit.partition(), committed.rows());
            }
        }
        return counts;
    }

    /// Compares what a table holds with what was committed.
    ///
    /// @param table its name, for the message
    /// @throws FailureException permanent, if they differ
    public static void requireSame(String table, Map<Integer, Long> committed, Map<Integer, Long> found) {
        if (found.equals(committed)) {
            return;
        }
        Map<Integer, Long> wrong = new HashMap<>(found);
        wrong.entrySet().removeAll(committed.entrySet());
        Map<Integer, Long> missing = new HashMap<>(committed);
        missing.keySet().removeAll(found.keySet());
        throw FailureException.permanent(
                "%s does not hold the rows that were committed: partitions %s differ, partitions %s have none. Start over with --new"
                        .formatted(table, wrong.keySet(), missing.keySet()));
    }
}
