package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberReaderTest {

    private final NumberReader numbers = new NumberReader(".", null);

    private boolean read(String text) {
        byte[] bytes = ("x" + text + "x").getBytes(StandardCharsets.US_ASCII);
        return numbers.read(bytes, 1, bytes.length - 1);
    }

    @Test
    void numbersAreReadToTheLastBit() {
        Random random = new Random(9);
        for (int i = 0; i < 20_000; i++) {
            double value = i % 2 == 0
                    ? random.nextGaussian() * Math.pow(10, random.nextInt(30) - 15)
                    : Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertThat(read(Double.toString(value))).isTrue();
                assertThat(numbers.fraction()).isEqualTo(value);
                assertThat(read(Float.toString((float) value)) || Float.isInfinite((float) value))
                        .isTrue();
                if (Float.isFinite((float) value)) {
                    assertThat(numbers.shortFraction()).isEqualTo((float) value);
                }
            }
            aLongIsRead(i % 3 == 0 ? random.nextInt(100) - 50 : random.nextLong());
        }
        aLongIsRead(Long.MIN_VALUE);
        aLongIsRead(Long.MAX_VALUE);
    }

    private void aLongIsRead(long value) {
        assertThat(read(Long.toString(value))).isTrue();
        assertThat(numbers.isWhole()).isTrue();
        assertThat(numbers.whole()).isEqualTo(value);
        assertThat(read(value + ".00")).isTrue();
        assertThat(numbers.isWhole()).isTrue();
        assertThat(numbers.whole()).isEqualTo(value);
        assertThat(numbers.plain()).isEqualTo(Long.toString(value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", ".", "1-", "1 2", "1e", "1e+", "e1", "--1", "0x10", "1,5", "1..2", "NaN", "1_0"})
    void whatIsNoNumberIsNone(String text) {
        assertThat(read(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775808", "1.5", "1e2", "-9223372036854775809", "0.1"})
    void whatIsNoWholeNumberOf64BitsIsNone(String text) {
        assertThat(read(text)).isTrue();
        assertThat(numbers.isWhole()).isFalse();
    }

    @Test
    void decimalCommasAndGroupsOfThreeDigitsAreRead() {
        NumberReader german = new NumberReader(",", ".");
        assertThat(value(german, "1.234.567,25")).isEqualTo(1_234_567.25);
        assertThat(value(german, "-12,5")).isEqualTo(-12.5);
        assertThat(value(german, "1234,5")).isEqualTo(1234.5);
        for (String wrong : new String[] {"1.23", "12.34,5", ".123", "1234.567", "1.234.56", "1,2,3", "1..234"}) {
            byte[] bytes = wrong.getBytes(StandardCharsets.US_ASCII);
            assertThat(german.read(bytes, 0, bytes.length)).as(wrong).isFalse();
        }
    }

    private static double value(NumberReader numbers, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        assertThat(numbers.read(bytes, 0, bytes.length)).as(text).isTrue();
        return numbers.fraction();
    }

    @Test
    void aNumberThatBeginsWithAZeroIsACode() {
        assertThat(read("007")).isTrue();
        assertThat(numbers.hasLeadingZero()).isTrue();
        assertThat(read("0.7")).isTrue();
        assertThat(numbers.hasLeadingZero()).isFalse();
    }
}
