package io.nightshift.node.configuration;

import io.nightshift.coordinator.cost.Prices;
import java.math.BigDecimal;

/// The section `nightshift.cost`: the prices of what attempts use.
final class CostSettings {

    /// Prices beyond this are mistakes.
    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

    private static final int LONGEST_CURRENCY = 12;

    private CostSettings() {}

    static Prices read(ConfigurationSection cost) {
        String currency = cost.text(
                "currency",
                KeyMeaning.of(
                        "The currency of the prices, such as `EUR`, up to %d characters.".formatted(LONGEST_CURRENCY)));
        if (currency.length() > LONGEST_CURRENCY) {
            cost.mistake("currency", "expected at most %d characters, such as EUR".formatted(LONGEST_CURRENCY));
        }
        Prices prices = new Prices(
                currency,
                price(cost, "core-hour", "The price of one hour on a scoring thread, which holds a processor."),
                price(cost, "gib-read", "The price of one GiB that is read from a source."),
                price(cost, "gib-written", "The price of one GiB that is written to a destination."));
        cost.end();
        return prices;
    }

    private static BigDecimal price(ConfigurationSection cost, String key, String meaning) {
        String text = cost.text(key, "0", KeyMeaning.of("amount", meaning + " At least 0."));
        try {
            BigDecimal price = new BigDecimal(text);
            if (price.signum() >= 0 && price.compareTo(MOST) <= 0) {
                return price;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a price out of range.
        }
        cost.mistake(key, "expected an amount of money such as 0.045, from 0 to 1000000");
        return BigDecimal.ZERO;
    }
}
