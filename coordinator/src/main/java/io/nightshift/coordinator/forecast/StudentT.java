package io.nightshift.coordinator.forecast;

/// Student's t distribution, for prediction intervals from few observations.
final class StudentT {

    /// The 95 % quantiles for 1, 2, … degrees of freedom.
    private static final double[] QUANTILES = {
        6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746,
        1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697
    };

    private static final double NORMAL = 1.645;

    private StudentT() {}

    /// The 95 % quantile.
    ///
    /// @param freedom the degrees of freedom, at least 1; fractions are rounded down
    static double quantile95(double freedom) {
        int whole = (int) freedom;
        return whole > QUANTILES.length ? NORMAL : QUANTILES[Math.max(1, whole) - 1];
    }
}
