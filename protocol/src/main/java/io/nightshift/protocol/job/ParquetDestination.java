package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Parquet files, in a folder for each batch.
///
/// @param folder the folder that contains the folders of the batches: an absolute path, or
///     `s3://bucket/prefix`
/// @param loads the tables of warehouses that load the batches, or null if there are none
/// @param codec the compression of the files' pages; null for Zstandard
/// @param level the level of Zstandard, from 1 to [#MOST_LEVEL]; null for 1, and for other codecs
/// @param rowGroupRows the number of rows of a row group, before DuckDB rounds it up to whole vectors; null
///     for as many as the memory allows
/// @param orderBy the columns of the output by which the rows of a file are sorted; empty for the source's order
/// @param bloomFilters the columns of the output that have Bloom filters, in any case; empty for none
/// @param fileBytes the size in bytes at which another file of a partition is begun; null for one file of each
///     partition
public record ParquetDestination(
        String folder,
        @Nullable LoadTables loads,
        @Nullable Codec codec,
        @Nullable Integer level,
        @Nullable Integer rowGroupRows,
        List<String> orderBy,
        List<String> bloomFilters,
        @Nullable Long fileBytes)
        implements Destination {

    /// The greatest level of Zstandard.
    public static final int MOST_LEVEL = 22;

    private static final int LEAST_ROWS = 2_048;
    private static final int MOST_ROWS = 122_880;

    /// The compression of pages.
    public enum Codec {
        /// Zstandard.
        ZSTD,
        /// Snappy.
        SNAPPY,
        /// gzip.
        GZIP,
        /// LZ4, without frames.
        LZ4_RAW,
        /// Brotli.
        BROTLI,
        /// Not compressed.
        UNCOMPRESSED;

        /// The name in a job file, which is also DuckDB's, such as `zstd`.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final Kind<ParquetDestination> KIND = new Kind<>(
            ParquetDestination.class,
            JobKey.optional(
                    "parquet",
                    new SectionOr(
                            "folder",
                            new Section(keys(
                                            JobKey.required(
                                                            "folder",
                                                            new Text(Form.PLACE),
                                                            "The folder in which each batch creates its own folder, or a prefix of objects as `s3://bucket/prefix`.",
                                                            "predictions")
                                                    .from(ParquetDestination.class, ParquetDestination::folder),
                                            JobKey.optional(
                                                            "codec",
                                                            new Choice(Stream.of(Codec.values())
                                                                    .map(Codec::text)
                                                                    .toList()),
                                                            "How the pages of the files are compressed.",
                                                            "snappy")
                                                    .or("zstd")
                                                    .from(
                                                            ParquetDestination.class,
                                                            parquet -> parquet.codec == null
                                                                    ? null
                                                                    : parquet.codec.text()),
                                            JobKey.optional(
                                                            "level",
                                                            new Whole(1, MOST_LEVEL),
                                                            "The level of `zstd`, 1 without this key. A higher level makes files smaller, and writing slower.",
                                                            "9")
                                                    .from(ParquetDestination.class, ParquetDestination::level),
                                            JobKey.optional(
                                                            "row-group-rows",
                                                            new Whole(LEAST_ROWS, MOST_ROWS),
                                                            "The number of rows of a row group, rounded up to a multiple of 2,048. Without this key, as many as the memory allows, and "
                                                                    + MOST_ROWS
                                                                    + " at most. Readers skip row groups by their statistics.",
                                                            "20000")
                                                    .from(ParquetDestination.class, ParquetDestination::rowGroupRows),
                                            JobKey.optional(
                                                            "order-by",
                                                            new Texts(Form.COLUMN, 0, true),
                                                            "Columns of the output by which the rows of each file are sorted, with the names that `output.rename` gives them. Without this key, the rows are in the order of the source.",
                                                            "[carrier, prediction]")
                                                    .or(List.of())
                                                    .from(ParquetDestination.class, ParquetDestination::orderBy),
                                            JobKey.optional(
                                                            "bloom-filters",
                                                            new Texts(Form.COLUMN, 0, true),
                                                            "Columns of the output that have Bloom filters, so that readers that look for one value skip row groups without it. All columns then have dictionaries, which makes files larger.",
                                                            "record_id")
                                                    .or(List.of())
                                                    .from(ParquetDestination.class, ParquetDestination::bloomFilters),
                                            JobKey.optional(
                                                            "file-size",
                                                            new Text(Form.SIZE),
                                                            "The size at which a partition begins another file. A file ends with the row group that reaches the size. Without this key, each partition is one file.",
                                                            "256MB")
                                                    .from(
                                                            ParquetDestination.class,
                                                            parquet -> parquet.fileBytes == null
                                                                    ? null
                                                                    : ByteSize.text(parquet.fileBytes))))
                                    .writing(LoadTables.REDSHIFT, "codec")
                                    .writing(LoadTables.SNOWFLAKE, "codec")),
                    "Parquet files in a folder, or below a prefix of an object store: the folder, or a map of `folder` and how the files are written.",
                    ""),
            ParquetDestination::read);

    public ParquetDestination {
        orderBy = List.copyOf(orderBy);
        bloomFilters = List.copyOf(bloomFilters);
    }

    /// Files as Nightshift writes them without other keys.
    public ParquetDestination(String folder) {
        this(folder, null);
    }

    /// Such files, which warehouses load.
    ///
    /// @param loads their tables, or null if there are none
    public ParquetDestination(String folder, @Nullable LoadTables loads) {
        this(folder, loads, null, null, null, List.of(), List.of(), null);
    }

    /// Files that no warehouse loads.
    public ParquetDestination(
            String folder,
            @Nullable Codec codec,
            @Nullable Integer level,
            @Nullable Integer rowGroupRows,
            List<String> orderBy,
            List<String> bloomFilters) {
        this(folder, null, codec, level, rowGroupRows, orderBy, bloomFilters, null);
    }

    /// These files, divided by their size.
    ///
    /// @param bytes the size at which another file of a partition is begun; null for one file of each partition
    public ParquetDestination withFileBytes(@Nullable Long bytes) {
        return new ParquetDestination(folder, loads, codec, level, rowGroupRows, orderBy, bloomFilters, bytes);
    }

    @Override
    public ParquetDestination undivided() {
        return withFileBytes(null);
    }

    private static List<JobKey> keys(JobKey... own) {
        return Stream.concat(Stream.of(own), LoadTables.KEYS.stream()).toList();
    }

    /// Checks that only Zstandard has a level.
    ///
    /// @param destination the section that chooses the kind
    /// @param path of the section
    static void check(JobCheck check, Mapping destination, String path) {
        Object codec = check.value(path + ".parquet.codec");
        Mapping parquet = JobCheck.below(destination, "parquet");
        Member level = parquet == null ? null : parquet.entry("level");
        if (level != null && codec != null && !codec.equals(ParquetDestination.Codec.ZSTD.text())) {
            check.add(new Mistake(
                    level.line(),
                    path + ".parquet.level",
                    "a level with codec: " + codec,
                    "codec: zstd, or no level",
                    null));
        }
    }

    private static ParquetDestination read(JobValues values) {
        Codec codec = values.constant("codec", Codec.class);
        return new ParquetDestination(
                values.text("folder"),
                LoadTables.read(values),
                codec == Codec.ZSTD ? null : codec,
                values.numberOrNull("level"),
                values.numberOrNull("row-group-rows"),
                values.texts("order-by"),
                values.texts("bloom-filters"),
                values.textOrNull("file-size") == null ? null : ByteSize.parse(values.text("file-size")));
    }

    @Override
    public String toString() {
        return folder;
    }
}
