package io.nightshift.scoring.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DecimalTest {

    private static final int TRIES = 100_000;

    private final Random random = new Random(3);

    @Test
    void aNumberIsTheNearestOrNone() {
        int known = 0;
        for (int i = 0; i < TRIES; i++) {
            known += holds(significand(), random.nextInt(2 * Decimal.MAX_EXPONENT + 1) - Decimal.MAX_EXPONENT) ? 1 : 0;
        }

        assertThat(known).isGreaterThan(TRIES - TRIES / 100);
    }

    @Test
    void aNumberNextToTheMiddleOfTwoIsTheNearestOrNone() {
        for (int i = 0; i < TRIES; i++) {
            long middle = (1L << 53 | random.nextLong() >>> 11) << random.nextInt(6) | 1;
            for (long near = middle - 1; near <= middle + 1; near++) {
                holds(Math.min(near, Decimal.MAX_SIGNIFICAND), 0);
            }
            float single = Float.intBitsToFloat(0x3f800000 + random.nextInt(1 << 29));
            double doubleMiddle = ((double) single + Math.nextUp(single)) / 2;
            long digits = Math.round(doubleMiddle * 1e9);
            for (long near = digits - 1; near <= digits + 1; near++) {
                if (near >= 0 && near <= Decimal.MAX_SIGNIFICAND) {
                    holds(near, -9);
                }
            }
        }
    }

    @Test
    void theBoundsOfAnAnswerAreKnown() {
        assertThat(Decimal.toDouble(Decimal.MAX_SIGNIFICAND, Decimal.MAX_EXPONENT))
                .isEqualTo(1e40);
        assertThat(Decimal.toFloat(Decimal.MAX_SIGNIFICAND, Decimal.MAX_EXPONENT))
                .isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Decimal.toDouble(1, -Decimal.MAX_EXPONENT)).isEqualTo(1e-22);
        assertThat(Decimal.toDouble(1, Decimal.MAX_EXPONENT + 1)).isNaN();
        assertThat(Decimal.toDouble(1, -Decimal.MAX_EXPONENT - 1)).isNaN();
        assertThat(Decimal.toDouble(-1, 0)).isNaN();
        assertThat(Decimal.toFloat(-1, 0)).isNaN();
        assertThat(Decimal.toDouble(0, -5)).isEqualTo(0.0);
        assertThat(Decimal.toFloat(0, 5)).isEqualTo(0.0f);
    }

    private long significand() {
        return random.nextLong(Decimal.MAX_SIGNIFICAND) >>> random.nextInt(60);
    }

    /// Compares a number with the JDK's.
    ///
    /// @return whether there is an answer in both precisions
    private static boolean holds(long significand, int exponent) {
        String text = significand + "e" + exponent;
        double nearest = Decimal.toDouble(significand, exponent);
        if (!Double.isNaN(nearest)) {
            assertThat(nearest).as(text).isEqualTo(Double.parseDouble(text));
        }
        float single = Decimal.toFloat(significand, exponent);
        if (!Float.isNaN(single)) {
            assertThat(single).as(text).isEqualTo(Float.parseFloat(text));
        }
        return !Double.isNaN(nearest) && !Float.isNaN(single);
    }
}
