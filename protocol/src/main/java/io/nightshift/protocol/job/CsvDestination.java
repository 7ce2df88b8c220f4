package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.Choice;
import io.nightshift.protocol.job.JobKeys.Form;
import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Section;
import io.nightshift.protocol.job.JobKeys.SectionOr;
import io.nightshift.protocol.job.JobKeys.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// CSV files, in a folder for each batch.
///
/// @param folder the folder that contains the folders of the batches; an absolute path
/// @param compression the compression of every file
public record CsvDestination(String folder, Compression compression) implements Destination {

    /// The compression of the files.
    public enum Compression {
        /// Not compressed: `.csv`.
        NONE,
        /// gzip: `.csv.gz`.
        GZIP,
        /// Zstandard: `.csv.zst`.
        ZSTD
    }

    static final Kind<CsvDestination> KIND = new Kind<>(
            CsvDestination.class,
            JobKey.optional(
                    "csv",
                    new SectionOr(
                            "folder",
                            new Section(List.of(
                                    JobKey.required(
                                            "folder",
                                            new Text(Form.PATH),
                                            "The folder in which each batch creates its own folder.",
                                            "predictions"),
                                    JobKey.optional(
                                                    "compression",
                                                    new Choice(List.of("gzip", "zstd", "none")),
                                                    "How the files are compressed.",
                                                    "zstd")
                                            .or("gzip")))),
                    "CSV files in a folder, instead of Parquet files.",
                    ""),
            values -> new CsvDestination(
                    values.text("folder"),
                    Compression.valueOf(values.text("compression").toUpperCase(Locale.ROOT))),
            CsvDestination::values);

    private Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("folder", folder);
        values.put("compression", compression.name().toLowerCase(Locale.ROOT));
        return values;
    }

    @Override
    public String toString() {
        return folder;
    }
}
