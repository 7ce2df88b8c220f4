package io.nightshift.worker.partition;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.changed.RowSet;
import java.util.List;

/// The memory that a node needs to score a job: overhead + model + lookups + reading + texts + threads × block ×
/// row width. The block, a row group of the output, is made as large as fits.
///
/// @param overhead of the JVM, the cluster and DuckDB, in bytes
/// @param model the loaded model, in bytes
/// @param lookups the lookups in DuckDB, in bytes
/// @param reading the pages of Parquet files with very many columns in DuckDB, in bytes
/// @param texts the texts that a model reads: those of a vector of rows in DuckDB, and the words of a block
/// @param threads that score
/// @param blockRows rows of a block
/// @param rowBytes one row's features, outputs and passed-through columns, in bytes
public record MemoryEstimate(
        long overhead, long model, long lookups, long reading, long texts, int threads, int blockRows, long rowBytes) {

    /// The largest block: DuckDB's own row group.
    public static final int MAX_BLOCK_ROWS = 122_880;

    /// The smallest: DuckDB's vector.
    private static final int MIN_BLOCK_ROWS = 2_048;

    /// Measured: resident memory of a node that scores a narrow job; see `docs/performance.md`.
    private static final long OVERHEAD = 260L << 20;

    /// Values are held as read, as computed, and encoded for writing.
    private static final int COPIES = 3;

    private static final int NUMBER_BYTES = 8;
    private static final int COLUMN_BYTES = 32;
    private static final int VALUE_BYTES = 16;

    /// A page of values and a dictionary, of the usual size.
    private static final long COLUMN_PAGES = 2L << 20;

    /// The pages of one thread that [#OVERHEAD] includes.
    private static final long NARROW_PAGES = 64L << 20;

    /// The assumed ratio of the size of decoded values to that of their file.
    private static final int COMPRESSION = 4;

    private static final int FIXED_COLUMNS = 3;

    /// A thread's words and n-grams of a block of texts, and the texts that it keeps.
    private static final long TEXT_BLOCK = 16L << 20;

    /// Measured: texts are in a vector, and some of them also in the page that DuckDB decodes.
    private static final double TEXT_COPIES = 1.5;

    /// The estimate for a job without lookups.
    ///
    /// @param modelBytes what the loaded model holds
    /// @param budget the memory the node may use, in bytes
    /// @throws FailureException with the figures, if not even the smallest block fits
    public static MemoryEstimate of(Job job, ModelDescription model, long modelBytes, int threads, long budget) {
        return of(job, List.of(), model, modelBytes, threads, budget);
    }

    /// The estimate for a plan, whose files say how large their rows are.
    ///
    /// @param files of a plan, those of lookups included
    /// @param modelBytes what the loaded model holds
    /// @param budget the memory the node may use, in bytes
    /// @throws FailureException with the figures, if not even the smallest block fits
    public static MemoryEstimate planned(
            Job job, List<InspectedFile> files, ModelDescription model, long modelBytes, int threads, long budget) {
        double largest = 0;
        for (InspectedFile file : files) {
            if (!file.file().isLookup()) {
                largest = Math.max(largest, file.rowBytes() > 0 ? file.rowBytes() : rowBytes(file.file()));
            }
        }
        List<SourceFile> found = files.stream().map(InspectedFile::file).toList();
        return of(job, found, largest, model, modelBytes, threads, budget);
    }

    /// The estimate for slices of files.
    ///
    /// @param files of a plan, those of lookups included
    /// @param modelBytes what the loaded model holds
    /// @param budget the memory the node may use, in bytes
    /// @throws FailureException with the figures, if not even the smallest block fits
    public static MemoryEstimate of(
            Job job, List<SourceFile> files, ModelDescription model, long modelBytes, int threads, long budget) {
        double largest = 0;
        for (SourceFile file : files) {
            if (!file.isLookup()) {
                largest = Math.max(largest, rowBytes(file));
            }
        }
        return of(job, files, largest, model, modelBytes, threads, budget);
    }

    /// @param sourceRow the size of a row of the source, in bytes
    private static MemoryEstimate of(
            Job job,
            List<SourceFile> files,
            double sourceRow,
            ModelDescription model,
            long modelBytes,
            int threads,
            long budget) {
        long reading = Math.min(threads * reading(job, files, model), duckDb(budget));
        long lookupBytes = Math.min(lookups(job, files), duckDb(budget) - reading);
        long texts = 0;
        if (readsTexts(model)) {
            long vector = (long) (TEXT_COPIES * MIN_BLOCK_ROWS * sourceRow);
            long vectors = Math.min(threads * vector, duckDb(budget) - reading - lookupBytes);
            texts = threads * TEXT_BLOCK + vectors;
        }
        Job.Output output = job.output();
        int columns = output.sources().size()
                + output.decisions().size()
                + output.constants().size()
                + output.topClasses()
                + FIXED_COLUMNS;
        int margins = output.margin() ? model.margins() : 0;
        int outputs = model.outputs() + margins + 2 * output.topClasses();
        long rowBytes = (long) COPIES * (NUMBER_BYTES * (model.features().size() + outputs) + COLUMN_BYTES * columns);
        long blocks = (budget - OVERHEAD - modelBytes - lookupBytes - reading - texts) / threads / rowBytes;
        int blockRows = (int) Math.min(MAX_BLOCK_ROWS, blocks / MIN_BLOCK_ROWS * MIN_BLOCK_ROWS);
        if (blockRows < MIN_BLOCK_ROWS) {
            MemoryEstimate least = new MemoryEstimate(
                    OVERHEAD, modelBytes, lookupBytes, reading, texts, threads, MIN_BLOCK_ROWS, rowBytes);
            throw FailureException.permanent(
                    "the job does not fit this machine: it needs %s, and %s may be used. Score with fewer --threads, or pass fewer columns through"
                            .formatted(least, megabytes(budget)));
        }
        return new MemoryEstimate(OVERHEAD, modelBytes, lookupBytes, reading, texts, threads, blockRows, rowBytes);
    }

    /// The memory of a job's lookups in DuckDB if it spills nothing: their rows, each value with 16 bytes.
    private static long lookups(Job job, List<SourceFile> files) {
        long bytes = 0;
        for (SourceFile file : files) {
            if (RowSet.of(file) != null) {
                bytes += file.bytes();
            } else if (file.lookup() != null) {
                Lookup lookup = job.source().lookups().get(file.lookup());
                int ends = lookup.asOf().size() + (lookup.tolerance() == null ? 0 : 1);
                bytes += file.rows() * VALUE_BYTES * (lookup.read().size() + ends);
            }
        }
        return bytes;
    }

    /// The most that a thread usually holds of a Parquet file: a page of each column, and its dictionary.
    private static long reading(Job job, List<SourceFile> files, ModelDescription model) {
        if (!(job.source().input() instanceof ParquetInput)) {
            return 0;
        }
        long largest = files.stream()
                .filter(file -> !file.isLookup())
                .mapToLong(SourceFile::bytes)
                .max()
                .orElse(0);
        long columns = (long) model.features().size() + job.output().sources().size() + FIXED_COLUMNS;
        return Math.max(0, Math.min(columns * COLUMN_PAGES, largest * COMPRESSION) - NARROW_PAGES);
    }

    private static boolean readsTexts(ModelDescription model) {
        return model.features().stream().anyMatch(feature -> feature.type() instanceof FeatureType.Text);
    }

    /// The size of a row, estimated by that of the file.
    private static double rowBytes(SourceFile file) {
        return file.rows() == 0 ? 0 : (double) file.bytes() * COMPRESSION / file.rows();
    }

    /// The most memory that DuckDB uses; it spills what does not fit. Most jobs need little of it.
    ///
    /// @param budget the memory the node may use, in bytes
    public static long duckDb(long budget) {
        return budget / 2;
    }

    public long bytes() {
        return overhead + model + lookups + reading + texts + (long) threads * blockRows * rowBytes;
    }

    @Override
    public String toString() {
        return "%s (%s overhead + %s model%s%s%s + %d threads × %,d rows × %,d bytes)"
                .formatted(
                        megabytes(bytes()),
                        megabytes(overhead),
                        megabytes(model),
                        lookups == 0 ? "" : " + %s lookups".formatted(megabytes(lookups)),
                        reading == 0 ? "" : " + %s reading".formatted(megabytes(reading)),
                        texts == 0 ? "" : " + %s texts".formatted(megabytes(texts)),
                        threads,
                        blockRows,
                        rowBytes);
    }

    private static String megabytes(long bytes) {
        return "%,d MB".formatted((bytes + (1 << 20) - 1) >> 20);
    }
}
