package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.ColumnTypes;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Texts;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Parquet files.
///
/// @param paths files, folders and globs, absolute, or addresses of objects; at least one
/// @param folders the declared types of the columns that names of folders such as `dt=2026-11-25` make, by the
///     names of the columns, in the order of the job file. If there are any, those of the others are texts.
///     If it is empty, all types are detected
public record ParquetInput(List<String> paths, Map<String, String> folders) implements Input {

    static final Kind<ParquetInput> KIND = new Kind<>(
            ParquetInput.class,
            JobKey.optional(
                    "parquet",
                    new SectionOr(
                            "files",
                            new Section(List.of(
                                    JobKey.required(
                                                    "files",
                                                    new Texts(Form.FILES, 1, true),
                                                    "Parquet files, folders and globs, on disk or in an object store: one text or a list without repetitions.",
                                                    "flights/*.parquet")
                                            .from(ParquetInput.class, ParquetInput::paths),
                                    JobKey.optional(
                                                    "folders",
                                                    new ColumnTypes(false),
                                                    "The DuckDB types of the columns that names of folders such as `dt=2026-11-25` make. Such columns that are not listed are texts. Without this key, the types are detected.",
                                                    "{dt: DATE, region: VARCHAR}")
                                            .from(ParquetInput.class, ParquetInput::folders)))),
                    "Parquet files: paths, or a map of `files` and `folders`.",
                    ""),
            values -> new ParquetInput(values.texts("files"), values.expressions("folders")));

    public ParquetInput {
        paths = List.copyOf(paths);
        folders = Collections.unmodifiableMap(new LinkedHashMap<>(folders));
    }

    /// Files whose folders have no declared types.
    public ParquetInput(List<String> paths) {
        this(paths, Map.of());
    }

    @Override
    public String toString() {
        return String.join(", ", paths);
    }
}
