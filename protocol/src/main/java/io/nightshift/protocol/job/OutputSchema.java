package io.nightshift.protocol.job;

import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The columns that readers of a job's predictions find at a destination. The version counts up with every change.
///
/// @param version from 1
/// @param columns in the order in which they are written
public record OutputSchema(int version, List<Column> columns) {

    public OutputSchema {
        columns = List.copyOf(columns);
        if (version < 1) {
            throw new IllegalArgumentException("version " + version);
        }
    }

    /// A column of the predictions.
    ///
    /// @param name its name
    /// @param type DuckDB's name for its type, such as `DOUBLE`
    public record Column(String name, String type) {}

    /// A difference between two schemas.
    ///
    /// @param column the name of the column that differs
    /// @param before the type that the column had; null if it is added
    /// @param after the type that it has; null if it is removed
    public record Change(
            String column,
            @Nullable String before,
            @Nullable String after) {

        /// Whether a reader of the earlier schema finds other columns than it expects.
        public boolean isBreaking() {
            return before != null;
        }

        /// Such as `score was DOUBLE, and is VARCHAR`.
        @Override
        public String toString() {
            return before == null
                    ? "%s is added (%s)".formatted(column, after)
                    : after == null
                            ? "%s is removed (%s)".formatted(column, before)
                            : "%s was %s, and is %s".formatted(column, before, after);
        }
    }

    /// The differences of later columns: first those that break readers. The order of columns is ignored.
    public List<Change> changesTo(List<Column> later) {
        Map<String, String> types = new LinkedHashMap<>();
        later.forEach(column -> types.put(column.name(), column.type()));
        List<Change> changes = new ArrayList<>();
        for (Column column : columns) {
            String type = types.remove(column.name());
            if (!column.type().equals(type)) {
                changes.add(new Change(column.name(), column.type(), type));
            }
        }
        types.forEach((name, type) -> changes.add(new Change(name, null, type)));
        return changes;
    }

    /// The schema of later columns. Its version is this one's if nothing has changed.
    public OutputSchema next(List<Column> later) {
        return new OutputSchema(changesTo(later).isEmpty() ? version : version + 1, later);
    }

    /// Refuses later columns that break readers.
    ///
    /// @param batch that has this schema
    /// @throws FailureException permanent, naming the columns
    public void refuseBreaking(List<Column> later, String batch) {
        String breaking = changesTo(later).stream()
                .filter(Change::isBreaking)
                .map(Change::toString)
                .collect(Collectors.joining("; "));
        if (!breaking.isEmpty()) {
            throw FailureException.permanent(
                    "the columns of the output would break readers of the batch %s: %s. Keep these columns, or write destination.schema: new"
                            .formatted(batch, breaking));
        }
    }
}
