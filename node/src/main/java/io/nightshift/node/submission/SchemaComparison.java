package io.nightshift.node.submission;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.storage.destination.PublishedSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The columns that a job writes, compared with those that readers find now.
///
/// @param before of the newest published batch of the job at the destination; null if there is none
/// @param after of the job's next batch
/// @param changes from one to the other: first those that break readers; empty if there is nothing before
public record SchemaComparison(
        @Nullable PublishedSchema before, OutputSchema after, List<OutputSchema.Change> changes) {

    public SchemaComparison {
        changes = List.copyOf(changes);
    }

    static SchemaComparison of(@Nullable PublishedSchema before, List<OutputSchema.Column> columns) {
        return before == null
                ? new SchemaComparison(null, new OutputSchema(1, columns), List.of())
                : new SchemaComparison(
                        before, before.schema().next(columns), before.schema().changesTo(columns));
    }

    /// Whether a change breaks readers.
    public boolean isBreaking() {
        return changes.stream().anyMatch(OutputSchema.Change::isBreaking);
    }

    /// @throws FailureException permanent, if a change breaks readers
    void refuseBreaking() {
        if (before != null) {
            before.schema().refuseBreaking(after.columns(), before.batch().value());
        }
    }
}
