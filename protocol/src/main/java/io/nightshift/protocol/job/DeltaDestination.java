package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;

/// A Delta Lake table. A batch is a partition of the table.
///
/// @param table the table's folder: an absolute path, or `s3://bucket/prefix`
public record DeltaDestination(String table) implements Destination {

    static final Kind<DeltaDestination> KIND = new Kind<>(
            DeltaDestination.class,
            JobKey.optional(
                    "delta",
                    new SectionOr(
                            "table",
                            new Section(List.of(JobKey.required(
                                            "table",
                                            new Text(Form.PLACE),
                                            "The folder of the table that readers query, or a prefix of objects as `s3://bucket/prefix`. Nightshift creates the table.",
                                            "lake/scores")
                                    .from(DeltaDestination.class, DeltaDestination::table)))),
                    "A [Delta Lake table](../how-to/delta.md): its folder, or its prefix of an object store.",
                    ""),
            values -> new DeltaDestination(values.text("table")));

    @Override
    public String folder() {
        return table;
    }

    @Override
    public String toString() {
        return "Delta table " + table;
    }
}
