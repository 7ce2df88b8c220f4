package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The resources that a batch has used and their cost, as lines for people.
public final class UseText {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    /// Amounts of money of less are shown with more digits.
    private static final double CENT = 0.01;

    private UseText() {}

    /// The lines, by their titles; empty if the use is not known.
    public static Map<String, String> lines(BatchDescription.@Nullable Use use) {
        Map<String, String> lines = new LinkedHashMap<>();
        if (use == null) {
            return lines;
        }
        String busy = use.cores() == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        " (%d %% of %d %s busy)",
                        Math.round(use.busy() * 100),
                        use.cores(),
                        use.cores() == 1 ? "processor" : "processors");
        lines.put(
                "used",
                "%s of processor time on scoring threads%s, %s read, %s written"
                        .formatted(
                                seconds(use.processorSeconds()),
                                busy,
                                bytes(use.bytesRead()),
                                bytes(use.bytesWritten())));
        BatchDescription.Discarded discarded = use.discarded();
        if (discarded.attempts() > 0) {
            lines.put(
                    "discarded",
                    "%,d %s: %s of processor time on scoring threads, %s read, %s written"
                            .formatted(
                                    discarded.attempts(),
                                    discarded.attempts() == 1 ? "attempt" : "attempts",
                                    seconds(discarded.processorSeconds()),
                                    bytes(discarded.bytesRead()),
                                    bytes(discarded.bytesWritten())));
        }
        if (use.cost() != null) {
            lines.put("cost", cost(use.cost()));
        }
        if (use.advice() != null) {
            lines.put("waited", use.advice());
        }
        return lines;
    }

    private static String cost(BatchDescription.Cost cost) {
        String each = cost.perMillion() == null
                ? ""
                : ", %s for each million predictions".formatted(money(cost.perMillion(), cost.currency()));
        String discarded = cost.discarded() == 0
                ? ""
                : "; %s of it for discarded attempts".formatted(money(cost.discarded(), cost.currency()));
        return money(cost.total(), cost.currency()) + each + discarded;
    }

    /// An amount of money with its currency.
    ///
    /// @param amount 0 or more
    public static String money(double amount, String currency) {
        int decimals = amount < CENT ? 6 : amount < 1 ? 4 : 2;
        return BigDecimal.valueOf(amount)
                        .setScale(decimals, RoundingMode.HALF_UP)
                        .toPlainString() + " " + currency;
    }

    private static String seconds(double seconds) {
        return seconds < 600
                ? String.format(Locale.ROOT, "%.1f s", seconds)
                : String.format(Locale.ROOT, "%.1f h", seconds / 3_600);
    }

    private static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1_024 && unit < UNITS.length - 1) {
            value /= 1_024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }
}
