package io.nightshift.worker.partition;

import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.worker.source.BoundJob;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The SQL of one attempt: the good rows of the partition's slices, scored, and the bad ones. Which are which is told
/// by
/// [SliceQuery].
final class PartitionQuery {

    private final List<BoundJob> jobs;
    private final List<List<Slice>> slices;
    private final ModelDescription model;
    private final boolean careful;
    private final boolean forTable;

    /// @param jobs one for each group of slices
    /// @param slices in groups that one query can read
    /// @param careful whether expressions may fail for single rows
    /// @param forTable whether the rows go to a database
    PartitionQuery(
            List<BoundJob> jobs, List<List<Slice>> slices, ModelDescription model, boolean careful, boolean forTable) {
        this.jobs = jobs;
        this.slices = slices;
        this.model = model;
        this.careful = careful;
        this.forTable = forTable;
    }

    /// What the rows are of.
    BoundJob job() {
        return jobs.getFirst();
    }

    ModelDescription model() {
        return model;
    }

    /// Whether the job leaves out rows.
    boolean filters() {
        return jobs.getFirst().where() != null;
    }

    /// Counts the rows that the job lets through, good and bad.
    String count() {
        return "SELECT count(*) FROM (" + union(SliceQuery::counted) + ")";
    }

    /// The good rows, scored: what [PredictionColumns] select from.
    String scored() {
        String arguments = IntStream.range(0, job().features().size())
                .mapToObj(i -> "nightshift_feature_" + i)
                .collect(Collectors.joining(", "));
        return "SELECT *, nightshift_score(%s) AS nightshift_ticket FROM (%s) WHERE nightshift_reason IS NULL"
                .formatted(arguments, union(SliceQuery::scored));
    }

    /// The bad rows with their position, reason and values.
    String quarantined() {
        return "SELECT * FROM (%s) WHERE reason IS NOT NULL".formatted(union(SliceQuery::quarantined));
    }

    /// Position and reason of some bad rows, for people.
    String reasons(int limit) {
        return "SELECT parse_filename(record_file) || ' row ' || record_row || ': ' || reason FROM (%s) LIMIT %d"
                .formatted(quarantined(), limit);
    }

    private String union(Function<SliceQuery, String> select) {
        return IntStream.range(0, slices.size())
                .mapToObj(i -> select.apply(new SliceQuery(jobs.get(i), slices.get(i), careful, forTable)))
                .collect(Collectors.joining("\nUNION ALL "));
    }
}
