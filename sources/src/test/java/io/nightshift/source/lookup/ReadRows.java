package io.nightshift.source.lookup;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.TestData;
import io.nightshift.source.kinds.Sources;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Reads the rows of jobs with lookups, as a worker does.
record ReadRows(TestData data, Sources sources, ModelDescription model) {

    static List<Slice> plan(List<InspectedFile> files) {
        List<SourceFile> pins = files.stream().map(InspectedFile::file).toList();
        long rows = pins.stream()
                .filter(file -> !file.isLookup())
                .mapToLong(SourceFile::rows)
                .sum();
        return PartitionPlan.of(rows).index(pins).slices(0);
    }

    List<String> read(Job job) throws SQLException {
        return read(job, plan(sources.inspect(job, model)));
    }

    /// The feature and the output columns of each row that is read, in the order of the source.
    List<String> read(Job job, List<Slice> slices) throws SQLException {
        List<String> rows = new ArrayList<>();
        SourceReader reader = sources.of(job.source());
        reader.requireReadable(slices);
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job, model)) {
                List<String> select = new ArrayList<>();
                group.job()
                        .features()
                        .forEach(feature -> select.add(feature.source().sql()));
                group.job().output().forEach(column -> select.add(column.sql()));
                String range = group.relation().range();
                rows.addAll(data.rows("SELECT %s FROM %s%s ORDER BY %s"
                        .formatted(
                                String.join(", ", select),
                                group.relation().from(),
                                range.isEmpty() ? "" : " WHERE " + range,
                                group.relation().row())));
            }
        }
        return rows;
    }
}
