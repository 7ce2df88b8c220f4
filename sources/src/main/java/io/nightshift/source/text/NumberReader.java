package io.nightshift.source.text;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads numbers strictly: all of a text is a number, or it is none. For one thread.
final class NumberReader {

    /// The greatest power of ten, and the greatest whole number below which all are exact, of a double.
    private static final int EXACT_POWERS = 22;

    private static final long EXACT_WHOLES = 1L << 53;
    private static final int MOST_DIGITS = 18;
    private static final int GROUP = 3;
    private static final double[] POWERS = new double[EXACT_POWERS + 1];

    static {
        double power = 1;
        for (int i = 0; i <= EXACT_POWERS; i++) {
            POWERS[i] = power;
            power *= 10;
        }
    }

    private final byte decimal;
    private final int thousands;

    // The parts of the number that was read last.
    private boolean isNegative;
    private long digits;
    private boolean isLong;
    private int scale;
    private int exponent;
    private int wholeDigits;
    private int plainLength;
    private byte[] plain = new byte[64];

    NumberReader(String decimal, @Nullable String thousands) {
        this.decimal = (byte) decimal.charAt(0);
        this.thousands = thousands == null ? Integer.MIN_VALUE : thousands.charAt(0);
    }

    /// Takes a text apart; afterwards, the other methods give the number.
    ///
    /// @return whether it is a number
    boolean read(byte[] bytes, int from, int to) {
        int i = from;
        isNegative = false;
        digits = 0;
        isLong = false;
        scale = 0;
        exponent = 0;
        wholeDigits = 0;
        plainLength = 0;
        if (i < to && (bytes[i] == '-' || bytes[i] == '+')) {
            isNegative = bytes[i] == '-';
            i++;
        }
        int group = -1;
        int count = 0;
        for (; i < to; i++) {
            byte b = bytes[i];
            if (b >= '0' && b <= '9') {
                count = addDigit(b, count);
                wholeDigits++;
                group += group >= 0 ? 1 : 0;
            } else if (b == thousands && wholeDigits > 0 && (group == GROUP || (group < 0 && wholeDigits <= GROUP))) {
                group = 0;
            } else {
                break;
            }
        }
        if (group >= 0 && group != GROUP) {
            return false;
        }
        boolean any = wholeDigits > 0;
        if (i < to && bytes[i] == decimal) {
            i++;
            for (; i < to && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
                count = addDigit(bytes[i], count);
                scale++;
                any = true;
            }
        }
        isLong = count > MOST_DIGITS;
        if (!any) {
            return false;
        }
        return i == to || readExponent(bytes, i, to);
    }

    private int addDigit(byte b, int count) {
        digits = 10 * digits + (b - '0');
        if (plainLength == plain.length) {
            plain = Arrays.copyOf(plain, 2 * plainLength);
        }
        plain[plainLength++] = b;
        return count == 0 && b == '0' ? 0 : count + 1;
    }

    private boolean readExponent(byte[] bytes, int from, int to) {
        int i = from;
        if (bytes[i] != 'e' && bytes[i] != 'E') {
            return false;
        }
        i++;
        boolean isBelow = i < to && bytes[i] == '-';
        if (i < to && (bytes[i] == '-' || bytes[i] == '+')) {
            i++;
        }
        if (i == to || to - i > 5) {
            return false;
        }
        for (; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
            exponent = 10 * exponent + (bytes[i] - '0');
        }
        exponent = isBelow ? -exponent : exponent;
        // An exponent of 0 is one too.
        exponent = exponent == 0 ? NO_SHIFT : exponent;
        return true;
    }

    private static final int NO_SHIFT = Integer.MIN_VALUE;

    /// Whether the number has an exponent.
    boolean hasExponent() {
        return exponent != 0;
    }

    /// Whether the number begins with a zero that other digits follow, as codes do that are no numbers.
    boolean hasLeadingZero() {
        return wholeDigits > 1 && plain[0] == '0';
    }

    /// How many digits after the decimal separator are needed, without zeros at the end.
    int scale() {
        int needed = scale;
        while (needed > 0 && plain[plainLength - 1 - (scale - needed)] == '0') {
            needed--;
        }
        return needed;
    }

    /// Whether the number was written as a whole one, without a decimal separator and an exponent.
    boolean isWrittenWhole() {
        return scale == 0 && exponent == 0;
    }

    /// Whether the number is a whole one of 64 bits.
    boolean isWhole() {
        if (exponent != 0 || scale() > 0) {
            return false;
        }
        if (!isLong) {
            return true;
        }
        int length = plainLength - scale;
        try {
            wide = Long.parseLong((isNegative ? "-" : "") + new String(plain, 0, length, StandardCharsets.US_ASCII));
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /// Whether the number was written as a whole one that a double can't represent.
    boolean isRoundedByDouble() {
        if (!isWrittenWhole() || (!isLong && digits <= EXACT_WHOLES)) {
            return false;
        }
        return isRoundedByDouble(new BigInteger(new String(plain, 0, plainLength, StandardCharsets.US_ASCII)));
    }

    /// Whether a double can't represent a whole number.
    static boolean isRoundedByDouble(BigInteger whole) {
        BigInteger amount = whole.abs();
        return amount.bitLength() > Double.MAX_EXPONENT
                || (amount.signum() != 0 && amount.bitLength() - amount.getLowestSetBit() > Double.PRECISION);
    }

    private long wide;

    /// The whole number, after [#isWhole] was true.
    long whole() {
        if (isLong) {
            return wide;
        }
        long value = digits;
        for (int i = 0; i < scale; i++) {
            value /= 10;
        }
        return isNegative ? -value : value;
    }

    /// The number, to the nearest.
    double fraction() {
        int power = (exponent == NO_SHIFT ? 0 : exponent) - scale;
        if (!isLong && digits <= EXACT_WHOLES && power >= -EXACT_POWERS && power <= EXACT_POWERS) {
            double exact = power < 0 ? digits / POWERS[-power] : digits * POWERS[power];
            return isNegative ? -exact : exact;
        }
        String text = new String(plain, 0, plainLength, StandardCharsets.US_ASCII);
        return Double.parseDouble((isNegative ? "-" : "") + text + "e" + power);
    }

    /// The number, to the nearest of 32 bits.
    float shortFraction() {
        int power = (exponent == NO_SHIFT ? 0 : exponent) - scale;
        String text = new String(plain, 0, plainLength, StandardCharsets.US_ASCII);
        return Float.parseFloat((isNegative ? "-" : "") + text + "e" + power);
    }

    /// The number without an exponent, with a full stop as the decimal separator.
    String plain() {
        int point = plainLength - scale;
        String whole = new String(plain, 0, point, StandardCharsets.US_ASCII);
        int needed = scale();
        return (isNegative ? "-" : "")
                + (whole.isEmpty() ? "0" : whole)
                + (needed == 0 ? "" : "." + new String(plain, point, needed, StandardCharsets.US_ASCII));
    }
}
