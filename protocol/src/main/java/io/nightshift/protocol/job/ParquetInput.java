package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.Form;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Texts;
import java.util.List;
import java.util.Map;

/// Parquet files.
///
/// @param paths files, folders and globs, absolute, or addresses of objects; at least one
public record ParquetInput(List<String> paths) implements Input {

    static final Kind<ParquetInput> KIND = new Kind<>(
            ParquetInput.class,
            JobKey.optional(
                    "parquet",
                    new Texts(Form.FILES, 1, true),
                    "Parquet files, folders and globs, on disk or in an object store: one text or a list without repetitions.",
                    "flights/*.parquet"),
            values -> new ParquetInput(values.texts("")),
            input -> Map.of("", input.paths()));

    public ParquetInput {
        paths = List.copyOf(paths);
    }

    @Override
    public String toString() {
        return String.join(", ", paths);
    }
}
