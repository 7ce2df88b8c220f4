package io.nightshift.protocol.batch;

import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How far the shadow of a batch is: a candidate scores partitions in addition to the version whose predictions are
/// published. It says how both differ.
///
/// @param at when the batch was planned, and the partitions were chosen
/// @param candidate the version whose predictions are only compared
/// @param champion the version that scores the batch
/// @param chosen how many partitions the candidate is to score; at least 1
/// @param partitions how many of them both have scored; a partition whose first attempt failed is not among them
/// @param state how far it is
/// @param compared what both have made of the rows of these partitions; null if there are none
/// @param psi the population stability index of the candidate's predictions against the champion's; 0 if no row has
///     two predictions
/// @param differences how many rows are to be reported that both score most differently; 0 to 10
/// @param processorMicros the processor's time of all attempts that are committed, in microseconds; 0 if it is not
///     known
/// @param endedAt when it was abandoned; null otherwise
/// @param reason why it was abandoned; null if it was not
public record Shadow(
        Instant at,
        ModelVersion candidate,
        ModelVersion champion,
        int chosen,
        int partitions,
        State state,
        @Nullable ModelComparison compared,
        double psi,
        int differences,
        long processorMicros,
        @Nullable Instant endedAt,
        @Nullable String reason) {

    /// How far a shadow is.
    public enum State {
        /// The candidate has yet to score partitions.
        RUNNING,
        /// All chosen partitions are committed.
        COMPLETED,
        /// It has failed, and scores no more partitions.
        ABANDONED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The rows that both have scored.
    public long rows() {
        return compared == null ? 0 : compared.rows();
    }

    /// The share of the rows for which both predict the same class; null for a regression, and without rows.
    public @Nullable Double agreement() {
        ModelDifferences found = compared == null ? null : compared.differences();
        return compared == null || found == null || !found.hasClasses() || rows() == 0
                ? null
                : compared.agreed() / (double) rows();
    }

    /// The processor's time of the candidate as a share of the time of all attempts; null if it is not known.
    public @Nullable Double share() {
        return compared == null || processorMicros == 0 ? null : compared.otherNanos() / 1e3 / processorMicros;
    }

    /// The rows that both score most differently, the largest difference first.
    public List<RowDifference> largest() {
        ModelDifferences found = compared == null ? null : compared.differences();
        return found == null
                ? List.of()
                : found.largest().stream().limit(differences).toList();
    }

    /// The shadow in one sentence, for people.
    public String sentence() {
        String figures = figures();
        return switch (state) {
            case RUNNING ->
                format(
                        "%s scores %,d partitions next to %s, unpublished%s",
                        candidate, chosen, champion, figures.isEmpty() ? "" : "; so far " + figures);
            case COMPLETED ->
                format(
                        "%s has scored %,d of %,d chosen partitions next to %s, unpublished%s",
                        candidate, partitions, chosen, champion, figures.isEmpty() ? "" : ": " + figures);
            case ABANDONED ->
                format(
                        "%s was abandoned after %,d of %,d chosen partitions, and %s has scored the batch as usual: %s%s",
                        candidate,
                        partitions,
                        chosen,
                        champion,
                        reason,
                        figures.isEmpty() ? "" : "; before, " + figures);
        };
    }

    /// Empty if no row has two predictions.
    private String figures() {
        if (compared == null || rows() == 0) {
            return "";
        }
        Double agreement = agreement();
        ModelDifferences found = compared.differences();
        double mean = found == null ? Double.NaN : found.sizes().mean();
        Double share = share();
        return format("%,d rows", rows())
                + (agreement == null ? "" : format(", both agree for %s %%", rounded(100 * agreement)))
                + format(", PSI %s", rounded(psi))
                + (Double.isNaN(mean) ? "" : format(", mean difference %s", rounded(mean)))
                + format(", %s s of processor time", rounded(compared.otherNanos() / 1e9))
                + (share == null ? "" : format(", %s %% of the batch", rounded(100 * share)));
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private static String format(String pattern, @Nullable Object... arguments) {
        return String.format(Locale.ROOT, pattern, arguments);
    }

    /// Four digits at most; a number that is not 0 never looks like 0.
    private static String rounded(double number) {
        return number == Math.rint(number)
                ? format("%.0f", number)
                : String.valueOf(Double.parseDouble(format("%.4g", number)));
    }
}
