package io.nightshift.protocol.batch;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The sum of floating-point numbers without rounding, so that it is the same in any order. For one thread.
///
/// It keeps the digits of a fixed-point number to the base 2³², with room for carries: the «small superaccumulator»
/// of Radford M. Neal, Fast Exact Summation Using Small and Large Superaccumulators, 2015.
public final class ExactSum {

    private static final int DIGIT = 32;
    private static final long DIGIT_MASK = (1L << DIGIT) - 1;
    private static final int FRACTION = 52;

    /// The exponent of the lowest bit of the smallest number.
    private static final int LOWEST = -1074;

    /// The digits of the largest number, and three for its carries.
    private static final int DIGITS = 2048 / DIGIT + 5;

    /// So many additions, and those of one array, can't overflow a digit.
    private static final long CARRY_AFTER = 1 << 29;

    private static final Pattern TEXT = Pattern.compile("(-?[0-9a-f]{1,560})p(-?[0-9]{1,4})");

    private final long[] digits = new long[DIGITS];
    private BigInteger carried = BigInteger.ZERO;
    private long additions;

    /// Adds the finite ones of some values.
    ///
    /// @param number how many, from the first; at most 2³⁰
    public void add(double[] values, int number) {
        for (int row = 0; row < number; row++) {
            add(values[row]);
        }
        additions += number;
        if (additions >= CARRY_AFTER) {
            carry();
        }
    }

    private void add(double value) {
        long form = Double.doubleToRawLongBits(value);
        int exponent = (int) (form >>> FRACTION) & 0x7ff;
        long fraction = form & ((1L << FRACTION) - 1);
        if (exponent == 0x7ff) {
            return;
        }
        if (exponent != 0) {
            fraction |= 1L << FRACTION;
            exponent--;
        }
        int digit = exponent / DIGIT;
        int shift = exponent % DIGIT;
        long lower = fraction << shift;
        long higher = fraction >>> 1 >>> (Long.SIZE - 1 - shift);
        // -1 for a negative value, otherwise 0: x ^ -1 minus -1 is -x.
        long sign = form >> 63;
        digits[digit] += ((lower & DIGIT_MASK) ^ sign) - sign;
        digits[digit + 1] += ((lower >>> DIGIT) ^ sign) - sign;
        digits[digit + 2] += (higher ^ sign) - sign;
    }

    private void carry() {
        for (int i = DIGITS - 1; i >= 0; i--) {
            carried = carried.add(BigInteger.valueOf(digits[i]).shiftLeft(i * DIGIT));
            digits[i] = 0;
        }
        additions = 0;
    }

    /// The sum of both, as a new one.
    ///
    /// @param other may be of other values
    public ExactSum plus(ExactSum other) {
        carry();
        other.carry();
        ExactSum sum = new ExactSum();
        sum.carried = carried.add(other.carried);
        return sum;
    }

    /// The sum.
    public BigDecimal value() {
        carry();
        int zeros = Math.max(0, carried.getLowestSetBit());
        int exponent = LOWEST + zeros;
        BigDecimal significand = new BigDecimal(carried.shiftRight(zeros));
        return exponent >= 0
                ? significand.multiply(new BigDecimal(BigInteger.ONE.shiftLeft(exponent)))
                // 2⁻ⁿ = 5ⁿ · 10⁻ⁿ
                : significand.multiply(new BigDecimal(BigInteger.valueOf(5).pow(-exponent), -exponent));
    }

    /// The sum as an odd whole number in hexadecimal digits and the power of two to multiply it by, such as `-3p-2`
    /// for -0.75; `0p0` for 0. Equal sums have equal texts.
    public String text() {
        carry();
        if (carried.signum() == 0) {
            return "0p0";
        }
        int zeros = carried.getLowestSetBit();
        return carried.shiftRight(zeros).toString(16) + "p" + (LOWEST + zeros);
    }

    /// Reads what [#text()] has written.
    ///
    /// @throws IllegalArgumentException if the text is none
    public static ExactSum parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("the sum " + text);
        }
        ExactSum sum = new ExactSum();
        BigInteger significand = new BigInteger(matcher.group(1), 16);
        int exponent = Integer.parseInt(matcher.group(2));
        if (exponent < LOWEST || exponent > Long.SIZE - LOWEST) {
            throw new IllegalArgumentException("the sum " + text);
        }
        sum.carried = significand.shiftLeft(exponent - LOWEST);
        return sum;
    }
}
