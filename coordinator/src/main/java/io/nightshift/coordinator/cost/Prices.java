package io.nightshift.coordinator.cost;

import io.nightshift.protocol.batch.Use;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/// The prices of what attempts use.
///
/// @param currency the currency of the prices, such as `EUR`; empty if no prices are known
/// @param coreHour of an hour on a scoring thread, which holds a processor; 0 or more
/// @param gibRead of a GiB read from the source; 0 or more
/// @param gibWritten of a GiB written to the destination; 0 or more
public record Prices(String currency, BigDecimal coreHour, BigDecimal gibRead, BigDecimal gibWritten) {

    /// No prices are known.
    public static final Prices NONE = new Prices("", BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

    private static final BigDecimal MICROS_PER_HOUR = BigDecimal.valueOf(3_600_000_000L);
    private static final BigDecimal BYTES_PER_GIB = BigDecimal.valueOf(1L << 30);

    /// Amounts are rounded to a millionth of the currency.
    private static final int DECIMALS = 6;

    public Prices {
        if (coreHour.signum() < 0 || gibRead.signum() < 0 || gibWritten.signum() < 0) {
            throw new IllegalArgumentException("a price below 0");
        }
    }

    /// Whether prices are known.
    public boolean areKnown() {
        return !currency.isEmpty();
    }

    /// The cost of a use. An attempt holds a scoring thread, and with it a processor, also while it waits. So the
    /// time on the thread is paid, not the processor time.
    public BigDecimal of(Use use) {
        return part(coreHour, use.elapsed(), MICROS_PER_HOUR)
                .add(part(gibRead, use.read(), BYTES_PER_GIB))
                .add(part(gibWritten, use.written(), BYTES_PER_GIB));
    }

    private static BigDecimal part(BigDecimal price, long amount, BigDecimal unit) {
        return price.multiply(BigDecimal.valueOf(amount)).divide(unit, MathContext.DECIMAL64);
    }

    /// An amount of money as a number, rounded.
    static double rounded(BigDecimal amount) {
        return amount.setScale(DECIMALS, RoundingMode.HALF_UP).doubleValue();
    }
}
