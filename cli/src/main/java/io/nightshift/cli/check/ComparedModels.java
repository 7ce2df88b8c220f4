package io.nightshift.cli.check;

import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.comparison.OutputDifference;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The result of [TwoModelScoring].
///
/// @param rows the rows of the source's files
/// @param sampled the rows that were read, without malformed records
/// @param malformed records that were read and that no model can score
/// @param readSeconds how long the one read took
/// @param champion what became of the rows with the first model
/// @param candidate what became of the rows with the second model
/// @param stability the population stability index of the candidate's predictions against the champion's; null if
///     one of them has none
/// @param agreement the share of the records for which both decide the same, 0 to 1, by the columns of the job's
///     decisions or, without one, by that of the predicted class; empty for a regression without decisions
/// @param correlations between the values of both, by column; a column with one value only is absent
/// @param difference of the predictions; `gone` are those that only the champion has, `added` those that only the
///     candidate has
/// @param records of [OutputDifference#largest()], in this order
public record ComparedModels(
        long rows,
        long sampled,
        long malformed,
        double readSeconds,
        Outcome champion,
        Outcome candidate,
        @Nullable Double stability,
        Map<String, Double> agreement,
        Map<String, Double> correlations,
        OutputDifference difference,
        List<SampleRecord> records) {

    public ComparedModels {
        agreement = Collections.unmodifiableMap(new LinkedHashMap<>(agreement));
        correlations = Collections.unmodifiableMap(new LinkedHashMap<>(correlations));
        records = List.copyOf(records);
    }

    /// The outcome of the rows with one model.
    ///
    /// @param name of the model, as the user calls it
    /// @param version of the registry; null for a model file
    /// @param read the rows that the job lets through
    /// @param predictions the rows with a prediction
    /// @param quarantined the rows without one
    /// @param reasons for some of them
    /// @param scoreSeconds how long the model alone took for a row: the median of the parts; null without a
    ///     prediction
    /// @param seconds how long reading the copy, scoring and writing took
    public record Outcome(
            String name,
            @Nullable ModelVersion version,
            long read,
            long predictions,
            long quarantined,
            List<String> reasons,
            @Nullable Double scoreSeconds,
            double seconds) {

        public Outcome {
            reasons = List.copyOf(reasons);
        }
    }

    /// A record for which the models differ.
    ///
    /// @param record its id; without ids, its file and row
    /// @param features the values of the features of both models; null if one is missing
    public record SampleRecord(@Nullable String record, Map<String, @Nullable String> features) {
        public SampleRecord {
            features = Collections.unmodifiableMap(new LinkedHashMap<>(features));
        }
    }
}
