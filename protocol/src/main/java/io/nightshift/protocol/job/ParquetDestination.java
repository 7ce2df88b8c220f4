package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.Form;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Text;
import java.util.Map;

/// Parquet files, in a folder for each batch.
///
/// @param folder the folder that contains the folders of the batches; an absolute path
public record ParquetDestination(String folder) implements Destination {

    static final Kind<ParquetDestination> KIND = new Kind<>(
            ParquetDestination.class,
            JobKey.optional(
                    "parquet",
                    new Text(Form.PATH),
                    "The folder in which each batch creates its own folder.",
                    "predictions"),
            values -> new ParquetDestination(values.text("")),
            destination -> Map.of("", destination.folder()));

    @Override
    public String toString() {
        return folder;
    }
}
