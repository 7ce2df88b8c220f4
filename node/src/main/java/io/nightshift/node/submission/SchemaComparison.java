package io.nightshift.node.submission;

import io.nightshift.api.SchemaReport;
import io.nightshift.destination.PublishedSchema;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The columns that a job writes, compared with those that readers find now.
///
/// @param before of the newest published batch of the job at the destination; null if there is none
/// @param after of the job's next batch
/// @param changes from one to the other: first those that break readers; empty if there is nothing before
record SchemaComparison(@Nullable PublishedSchema before, OutputSchema after, List<OutputSchema.Change> changes) {

    SchemaComparison {
        changes = List.copyOf(changes);
    }

    static SchemaComparison of(@Nullable PublishedSchema before, List<OutputSchema.Column> columns) {
        return before == null
                ? new SchemaComparison(null, new OutputSchema(1, columns), List.of())
                : new SchemaComparison(
                        before, before.schema().next(columns), before.schema().changesTo(columns));
    }

    /// @throws FailureException permanent, if a change breaks readers
    void refuseBreaking() {
        if (before != null) {
            before.schema().refuseBreaking(after.columns(), before.batch().value());
        }
    }

    /// @param job the job's name
    SchemaReport report(String job) {
        return new SchemaReport(
                job,
                after.version(),
                before == null
                        ? null
                        : new SchemaReport.Published(
                                before.batch().value(), before.schema().version()),
                after.columns().stream()
                        .map(column -> new SchemaReport.Column(column.name(), column.type()))
                        .toList(),
                changes.stream().noneMatch(OutputSchema.Change::isBreaking),
                changes.stream()
                        .map(change ->
                                new SchemaReport.Change(change.column(), kind(change), change.before(), change.after()))
                        .toList());
    }

    private static String kind(OutputSchema.Change change) {
        return change.before() == null ? "added" : change.after() == null ? "removed" : "retyped";
    }
}
