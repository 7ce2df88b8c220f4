package io.nightshift.scoring;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.Scorer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Scores columns that are not arrays of doubles: arrays of floats, and memory segments such as those of
/// Apache Arrow or DuckDB.
///
/// The columns are copied block by block into buffers that this object keeps, so it allocates nothing after
/// it was constructed. Only one thread at a time may use it. Scores are the same as those of
/// [Model#scorer()].
public final class ColumnScorer {

    private static final int BLOCK = 2048;

    private final Scorer scorer;
    private final double[][] features;
    private final double[][] outputs;
    private final int predictions;
    private final boolean hasHashes;

    /// @param model the model that scores; other threads may use it at the same time
    /// @throws IllegalArgumentException if the model has features that are texts, which need a [TextTable]
    public ColumnScorer(Model model) {
        if (model.description().features().stream().anyMatch(feature -> feature.type() instanceof FeatureType.Text)) {
            throw new IllegalArgumentException(
                    "the model has features that are texts; give them to a scorer of Model.scorer(TextTable)");
        }
        this.scorer = model.scorer();
        this.features = new double[model.description().features().size()][BLOCK];
        this.predictions = model.description().outputs();
        this.hasHashes = model.description().features().stream()
                .anyMatch(feature -> feature.type() instanceof FeatureType.Hashed);
        this.outputs = new double[predictions + model.description().margins()][BLOCK];
    }

    /// Scores arrays of floats, each of which becomes the double of the same value.
    ///
    /// @param columns one array per feature, in the model's order, each with at least `rows` values. NaN is a
    ///     missing value. The value of a nominal feature is the position of its level, from 0
    /// @param rows the number of rows, 0 or more
    /// @param results one array for each of the model's outputs and, if wanted, its margins, each with room
    ///     for `rows` values, as in [Scorer#score]
    /// @throws IllegalArgumentException if there are too few or too many columns or results, or the model has
    ///     features that are hashes of texts, which a float can't hold
    public void score(float[][] columns, int rows, double[][] results) {
        check(columns.length, results.length);
        refuseHashes(Precision.FLOAT32);
        for (int from = 0; from < rows; from += BLOCK) {
            int count = Math.min(BLOCK, rows - from);
            for (int feature = 0; feature < features.length; feature++) {
                float[] column = columns[feature];
                double[] block = features[feature];
                for (int row = 0; row < count; row++) {
                    block[row] = column[from + row];
                }
            }
            scorer.score(features, count, outputs);
            for (int output = 0; output < results.length; output++) {
                System.arraycopy(outputs[output], 0, results[output], from, count);
            }
        }
    }

    /// Scores memory segments, on or outside the heap, in the machine's byte order and of any alignment.
    ///
    /// @param columns one segment per feature, in the model's order, each with at least `rows` elements. NaN
    ///     is a missing value. The value of a nominal feature is the position of its level, from 0; that of a
    ///     text which the model knows by its hash is the hash
    /// @param elements the type of all elements of `columns`: floats (4 bytes) or doubles (8 bytes)
    /// @param rows the number of rows, 0 or more
    /// @param results one segment for each of the model's outputs and, if wanted, its margins, each with room
    ///     for `rows` doubles, as in [Scorer#score]
    /// @throws IllegalArgumentException if there are too few or too many columns or results, or the elements are
    ///     floats and the model has features that are hashes of texts
    /// @throws IndexOutOfBoundsException if a segment is too small
    public void score(MemorySegment[] columns, Precision elements, long rows, MemorySegment[] results) {
        check(columns.length, results.length);
        refuseHashes(elements);
        for (long from = 0; from < rows; from += BLOCK) {
            int count = (int) Math.min(BLOCK, rows - from);
            for (int feature = 0; feature < features.length; feature++) {
                read(columns[feature], elements, from, count, features[feature]);
            }
            scorer.score(features, count, outputs);
            for (int output = 0; output < results.length; output++) {
                MemorySegment.copy(
                        outputs[output],
                        0,
                        results[output],
                        ValueLayout.JAVA_DOUBLE_UNALIGNED,
                        from * Double.BYTES,
                        count);
            }
        }
    }

    private static void read(MemorySegment column, Precision elements, long from, int count, double[] block) {
        switch (elements) {
            case FLOAT64 ->
                MemorySegment.copy(column, ValueLayout.JAVA_DOUBLE_UNALIGNED, from * Double.BYTES, block, 0, count);
            case FLOAT32 -> {
                for (int row = 0; row < count; row++) {
                    block[row] = column.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (from + row) * Float.BYTES);
                }
            }
        }
    }

    private void refuseHashes(Precision elements) {
        if (hasHashes && elements == Precision.FLOAT32) {
            throw new IllegalArgumentException("the model has hashes of texts, which floats can't hold; give doubles");
        }
    }

    private void check(int columns, int results) {
        if (columns != features.length) {
            throw new IllegalArgumentException(
                    "the model has " + features.length + " features, and is given " + columns + " columns of features");
        }
        if (results < predictions || results > outputs.length) {
            throw new IllegalArgumentException("the model has " + predictions + " outputs and "
                    + (outputs.length - predictions) + " margins, and is given " + results + " columns of outputs");
        }
    }
}
