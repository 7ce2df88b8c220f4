package io.nightshift.coordinator.cost;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Use;
import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/// Describes what a batch has used, for clients and commands.
public final class UseDescriptions {

    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

    private UseDescriptions() {}

    /// Describes what a batch has used.
    ///
    /// @param use null if the ledger does not say
    /// @param predictions how many the batch has
    /// @param partitions how many the batch has
    public static BatchDescription.@Nullable Use of(
            @Nullable BatchUse use, long predictions, int partitions, Prices prices) {
        if (use == null) {
            return null;
        }
        Use total = use.total();
        return new BatchDescription.Use(
                seconds(total.processor()),
                seconds(total.elapsed()),
                seconds(total.reading()),
                seconds(total.writing()),
                total.read(),
                total.written(),
                seconds(use.active()),
                use.nodes(),
                use.cores(),
                use.threads(),
                Math.round(use.busy() * 1_000) / 1e3,
                UseAdvice.of(use, partitions),
                new BatchDescription.Discarded(
                        use.discardedAttempts(),
                        seconds(use.discarded().processor()),
                        seconds(use.discarded().elapsed()),
                        use.discarded().read(),
                        use.discarded().written()),
                cost(use, predictions, prices));
    }

    private static double seconds(long micros) {
        return Math.round(micros / 1e3) / 1e3;
    }

    private static BatchDescription.@Nullable Cost cost(BatchUse use, long predictions, Prices prices) {
        if (!prices.areKnown()) {
            return null;
        }
        BigDecimal total = prices.of(use.total());
        return new BatchDescription.Cost(
                prices.currency(),
                Prices.rounded(total),
                Prices.rounded(prices.of(use.discarded())),
                predictions == 0
                        ? null
                        : Prices.rounded(total.multiply(MILLION)
                                .divide(BigDecimal.valueOf(predictions), MathContext.DECIMAL64)));
    }
}
