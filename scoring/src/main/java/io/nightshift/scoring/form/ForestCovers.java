package io.nightshift.scoring.form;

import org.jspecify.annotations.Nullable;

/// The covers of a forest's nodes. They are numbers of single precision where that loses nothing, as it does for
/// XGBoost, H2O and most counts.
final class ForestCovers {

    private static final float[] NO_FLOATS = {};
    private static final double[] NO_DOUBLES = {};

    private final float[] singles;
    private final double[] doubles;
    private final @Nullable String why;

    private ForestCovers(float[] singles, double[] doubles, @Nullable String why) {
        this.singles = singles;
        this.doubles = doubles;
        this.why = why;
    }

    /// @param covers the cover of each node, at least one
    static ForestCovers of(double[] covers) {
        float[] singles = new float[covers.length];
        for (int node = 0; node < covers.length; node++) {
            singles[node] = (float) covers[node];
            if (singles[node] != covers[node]) {
                return new ForestCovers(NO_FLOATS, covers, null);
            }
        }
        return new ForestCovers(singles, NO_DOUBLES, null);
    }

    /// @param why the reason that there are none although the file has some
    static ForestCovers none(@Nullable String why) {
        return new ForestCovers(NO_FLOATS, NO_DOUBLES, why);
    }

    boolean areThere() {
        return singles.length > 0 || doubles.length > 0;
    }

    /// Why covers of the file are not used; null if they are, or if it has none.
    @Nullable
    String why() {
        return why;
    }

    double of(int node) {
        return singles.length > 0 ? singles[node] : doubles[node];
    }

    long heapBytes() {
        return 4L * singles.length + 8L * doubles.length;
    }
}
