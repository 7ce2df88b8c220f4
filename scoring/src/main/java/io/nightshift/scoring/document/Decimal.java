package io.nightshift.scoring.document;

/// Converts decimal numbers of few digits to binary ones. It rounds to the nearest as [Double#parseDouble] does,
/// without its arithmetic of large integers.
///
/// Powers of ten up to 10^22 are exact in double precision. So a significand of at most 53 bits takes one
/// operation, which rounds once (Clinger, «How to Read Floating Point Numbers Accurately», PLDI 1990). A longer
/// significand takes a second operation for the rest that the first one left. A fused multiply-add computes this
/// rest exactly (Dekker, «A Floating-Point Technique for Extending the Available Precision», 1971). The result is
/// off by less than 2^-100 of the number. If an error of that size could lead to another number, there is no
/// answer, and the caller takes the slow path (Ziv, «Fast Evaluation of Elementary Mathematical Functions with
/// Correctly Rounded Last Bit», 1991).
final class Decimal {

    /// The largest significand: 18 digits.
    static final long MAX_SIGNIFICAND = 1_000_000_000_000_000_000L;

    /// The largest magnitude of an exponent.
    static final int MAX_EXPONENT = 22;

    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private static final long EXACT = 1L << 53;
    /// More than the error of two operations, relative to the number.
    private static final double ERROR = 0x1p-99;

    /// The bits of a double that single precision lacks, and their pattern in the middle of two neighbours.
    private static final long LOST_BITS = (1L << 29) - 1;

    private static final long MIDDLE = 1L << 28;

    private Decimal() {}

    /// The double nearest to `significand` · 10^`exponent`, or NaN if this method can't tell it.
    ///
    /// @param significand from 0 to [#MAX_SIGNIFICAND], or -1 for an unknown one
    /// @param exponent any
    static double toDouble(long significand, int exponent) {
        if (significand < 0 || exponent < -MAX_EXPONENT || exponent > MAX_EXPONENT) {
            return Double.NaN;
        }
        double high = significand;
        if (exponent == 0) {
            return high;
        }
        double power = POWERS[Math.abs(exponent)];
        double nearest = exponent < 0 ? high / power : high * power;
        if (significand <= EXACT) {
            return nearest;
        }
        double low = significand - (long) high;
        double rest = exponent < 0
                ? (Math.fma(-nearest, power, high) + low) / power
                : Math.fma(high, power, -nearest) + low * power;
        double error = nearest * ERROR;
        double least = nearest + (rest - error);
        double most = nearest + (rest + error);
        return least == most ? least : Double.NaN;
    }

    /// The float nearest to `significand` · 10^`exponent`, or NaN if this method can't tell it. Rounding to double
    /// first changes it only where the double is in the middle between two floats.
    ///
    /// @param significand from 0 to [#MAX_SIGNIFICAND], or -1 for an unknown one
    /// @param exponent any
    static float toFloat(long significand, int exponent) {
        double nearest = toDouble(significand, exponent);
        boolean isMiddle = (Double.doubleToRawLongBits(nearest) & LOST_BITS) == MIDDLE;
        boolean isSubnormal = nearest < Float.MIN_NORMAL && nearest > 0;
        return isMiddle || isSubnormal ? Float.NaN : (float) nearest;
    }
}
