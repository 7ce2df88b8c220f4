package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// CSV files, in a folder for each batch.
///
/// @param folder the folder that contains the folders of the batches: an absolute path, or
///     `s3://bucket/prefix`
/// @param compression the compression of every file
/// @param loads the tables of warehouses that load the batches, or null if there are none
public record CsvDestination(
        String folder, Compression compression, @Nullable LoadTables loads) implements Destination {

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
                                                    new Text(Form.PLACE),
                                                    "The folder in which each batch creates its own folder, or a prefix of objects as `s3://bucket/prefix`.",
                                                    "predictions")
                                            .from(CsvDestination.class, CsvDestination::folder),
                                    JobKey.optional(
                                                    "compression",
                                                    new Choice(List.of("gzip", "zstd", "none")),
                                                    "How the files are compressed.",
                                                    "zstd")
                                            .or("gzip")
                                            .from(
                                                    CsvDestination.class,
                                                    csv -> csv.compression
                                                            .name()
                                                            .toLowerCase(Locale.ROOT)),
                                    LoadTables.KEYS.getFirst(),
                                    LoadTables.KEYS.getLast()))),
                    "CSV files in a folder, instead of Parquet files.",
                    ""),
            values -> new CsvDestination(
                    values.text("folder"), values.constant("compression", Compression.class), LoadTables.read(values)));

    /// No warehouse loads the batches.
    public CsvDestination(String folder, Compression compression) {
        this(folder, compression, null);
    }

    @Override
    public String toString() {
        return folder;
    }
}
