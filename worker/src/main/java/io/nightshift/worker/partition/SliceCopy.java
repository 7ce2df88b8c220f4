package io.nightshift.worker.partition;

import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.List;

/// A temporary table with the rows of slices: the columns that the job's expressions read, and what is wrong with
/// malformed records. The file's own values are read later, and only for bad rows.
///
/// @param statement makes the table
/// @param slices whose relation is the table
record SliceCopy(String statement, BoundSlices slices) {

    /// @param number of the slices among those of the partition
    static SliceCopy of(BoundSlices slices, int number) {
        SourceRelation relation = slices.relation();
        String table = "nightshift_source_" + number;
        List<String> columns = new ArrayList<>(
                List.of(relation.file() + " AS nightshift_file", relation.row() + " AS nightshift_row"));
        SourceRelation.TextRecord record = relation.record();
        SourceRelation.TextRecord copied = null;
        if (record != null) {
            columns.add(record.fault() + " AS nightshift_fault");
            String ifMalformed = "CASE WHEN %s IS NOT NULL THEN %s END AS %s";
            columns.add(ifMalformed.formatted(record.fault(), record.text(), "nightshift_text"));
            columns.add(ifMalformed.formatted(record.fault(), record.place(), "nightshift_at"));
            copied = new SourceRelation.TextRecord("nightshift_fault", "nightshift_text", "nightshift_at", null);
        }
        ReadColumns.of(slices.job()).forEach(name -> columns.add(Sql.name(name)));
        String statement = "CREATE OR REPLACE TEMP TABLE %s AS SELECT %s FROM %s%s"
                .formatted(
                        table,
                        String.join(", ", columns),
                        relation.from(),
                        relation.range().isEmpty() ? "" : " WHERE " + relation.range());
        SourceRelation copy =
                new SourceRelation(table, "nightshift_file", "nightshift_row", "", copied, relation.leavesOut());
        return new SliceCopy(statement, new BoundSlices(slices.job(), copy));
    }
}
