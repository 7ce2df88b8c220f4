package io.nightshift.worker.partition;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.BoundJob.Feature;
import io.nightshift.source.Categories.Unseen;
import io.nightshift.worker.scoring.UnseenCounter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Counts the rows of an attempt that have a category that the model does not know.
///
/// @param query that has scored the rows
record UnseenCategories(AttemptRun run, PartitionQuery query) {

    /// How many categories a message names.
    private static final int NAMED = 3;

    /// The number of such rows by feature; features without such rows are absent.
    ///
    /// @param scored the counts of the rows that were scored
    /// @param anyQuarantined whether a row is quarantined
    /// @throws FailureException permanent if the job does not allow such a category
    Map<String, Long> count(UnseenCounter scored, boolean anyQuarantined) throws SQLException {
        List<Feature> features = query.job().features();
        Map<String, Long> counts = new LinkedHashMap<>();
        for (int i = 0; i < features.size(); i++) {
            Feature feature = features.get(i);
            long count = scored.count(i);
            if (count > 0 && Objects.requireNonNull(feature.categories()).unseen() == Unseen.FAIL) {
                throw refusal(feature, i, count);
            }
            if (count > 0) {
                counts.put(feature.source().name(), count);
            }
        }
        List<Integer> positions = query.countedInQuarantine();
        if (anyQuarantined && !positions.isEmpty()) {
            try (Statement statement = run.connection().connection().createStatement();
                    ResultSet row = statement.executeQuery(query.unseen())) {
                row.next();
                for (int i = 0; i < positions.size(); i++) {
                    if (row.getLong(i + 1) > 0) {
                        counts.put(features.get(positions.get(i)).source().name(), row.getLong(i + 1));
                    }
                }
            }
        }
        return counts;
    }

    private FailureException refusal(Feature feature, int position, long count) throws SQLException {
        return FailureException.permanent(
                "%s: feature \"%s\" has categories that the model does not know, in %,d rows: %s. Train the model with them, or change source.unseen-categories"
                        .formatted(
                                run.control().doing(),
                                feature.source().name(),
                                count,
                                String.join(", ", run.connection().texts(query.unseenValues(position, NAMED)))));
    }
}
