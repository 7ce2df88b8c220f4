package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.ColumnTypes;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Texts;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Files with a JSON object in each line, compressed with gzip or Zstandard or not at all.
///
/// @param paths files, folders and globs, absolute, and objects by their addresses; at least one
/// @param columns the declared types of columns by name, in the order of the job file; the types of other columns
///     are detected
public record NdjsonInput(List<String> paths, Map<String, String> columns) implements Input {

    static final Kind<NdjsonInput> KIND = new Kind<>(
            NdjsonInput.class,
            JobKey.optional(
                    "ndjson",
                    new SectionOr(
                            "files",
                            new Section(List.of(
                                    JobKey.required(
                                            "files",
                                            new Texts(Form.FILES, 1, true),
                                            "Files with a JSON object in each line, folders and globs: one text or a list without repetitions. Files compressed with gzip or Zstandard are recognised by their content.",
                                            "events/*.ndjson"),
                                    JobKey.optional(
                                            "columns",
                                            new ColumnTypes(true),
                                            "The DuckDB types of columns, which are the keys of the objects. The types of columns that are not listed are detected.",
                                            "{customer: 'STRUCT(age INTEGER, plan VARCHAR)', tags: 'VARCHAR[]'}")))),
                    "Files with a JSON object in each line (NDJSON, JSON Lines): paths, or a map of `files` and `columns`.",
                    ""),
            values -> new NdjsonInput(values.texts("files"), values.expressions("columns")),
            NdjsonInput::values);

    public NdjsonInput {
        paths = List.copyOf(paths);
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("files", paths);
        if (!columns.isEmpty()) {
            values.put("columns", columns);
        }
        return values;
    }

    @Override
    public String toString() {
        return String.join(", ", paths);
    }
}
