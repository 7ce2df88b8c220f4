package io.nightshift.protocol.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class UseTest {

    private static final long LARGEST = 4_000_000_000_000L;

    @Property
    void aPackedNumberIsOffByLessThanATwentiethOfAPercent(@ForAll @LongRange(max = LARGEST) long number) {
        assertThat((double) Use.unpack(Use.pack(number))).isCloseTo((double) number, within(number / 2_000.0));
    }

    @Property
    void aPackedNumberIsPackedAgainWithoutALoss(@ForAll @LongRange(max = LARGEST) long number) {
        long packed = Use.unpack(Use.pack(number));
        assertThat(Use.unpack(Use.pack(packed))).isEqualTo(packed);
    }

    @Test
    void smallNumbersAreKeptAndLargeOnesLimited() {
        for (long number : new long[] {0, 1, 2_047, 2_048, 4_095, 4_096, 8_190}) {
            assertThat(Use.unpack(Use.pack(number))).isEqualTo(number);
        }
        assertThat(Use.unpack(Use.pack(8_191))).isEqualTo(8_192);
        assertThat(Use.unpack(Use.pack(Long.MAX_VALUE))).isGreaterThan(LARGEST);
    }

    @Test
    void aSumIsTheUseOfBothAndADifferenceIsNeverNegative() {
        Use one = new Use(10, 20, 3, 4, 100, 7);
        Use other = new Use(1, 25, 3, 1, 1, 8);

        assertThat(one.plus(other)).isEqualTo(new Use(11, 45, 6, 5, 101, 15));
        assertThat(one.minus(other)).isEqualTo(new Use(9, 0, 0, 3, 99, 0));
    }

    @Test
    void aNegativeUseIsRefused() {
        assertThatThrownBy(() -> new Use(0, 0, 0, -1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theBusyShareIsThatOfAllAttempts() {
        Use half = new Use(500, 600, 0, 0, 0, 0);
        assertThat(new BatchUse(half, half, 1, 1_000, 4_000, 2_000, 1, 4, 2).busy())
                .isEqualTo(0.25);
        assertThat(new BatchUse(half, half, 1, 0, 0, 0, 0, 0, 0).busy()).isZero();
    }
}
