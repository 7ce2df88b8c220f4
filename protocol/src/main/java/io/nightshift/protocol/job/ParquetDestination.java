package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.Form;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Section;
import io.nightshift.protocol.job.JobKeys.SectionOr;
import io.nightshift.protocol.job.JobKeys.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Parquet files, in a folder for each batch.
///
/// @param folder the folder that contains the folders of the batches: an absolute path, or
///     `s3://bucket/prefix`
/// @param loads the tables of warehouses that load the batches, or null if there are none
public record ParquetDestination(String folder, @Nullable LoadTables loads) implements Destination {

    private static final String FOLDER = "folder";

    static final Kind<ParquetDestination> KIND = new Kind<>(
            ParquetDestination.class,
            JobKey.optional(
                    "parquet",
                    new SectionOr(FOLDER, new Section(keys())),
                    "Parquet files in a folder, or below a prefix of an object store.",
                    "predictions"),
            values -> new ParquetDestination(values.text(FOLDER), LoadTables.read(values)),
            ParquetDestination::values);

    /// No warehouse loads the batches.
    public ParquetDestination(String folder) {
        this(folder, null);
    }

    private static List<JobKey> keys() {
        List<JobKey> keys = new ArrayList<>();
        keys.add(JobKey.required(
                FOLDER,
                new Text(Form.PLACE),
                "The folder in which each batch creates its own folder, or a prefix of objects as `s3://bucket/prefix`.",
                "predictions"));
        keys.addAll(LoadTables.KEYS);
        return keys;
    }

    /// The folder alone is written as one value, as it was before there were other keys: the identity of a
    /// job
    /// depends on it.
    private Map<String, Object> values() {
        if (loads == null) {
            return Map.of("", folder);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put(FOLDER, folder);
        loads.write(values);
        return values;
    }

    @Override
    public String toString() {
        return folder;
    }
}
