package io.nightshift.cli.train;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.SourceColumns;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The data to read for training.
///
/// @param features names of the source's columns and computed columns, or expressions; none for all
///     computed columns or, where there are none, all columns but what the target is made of
/// @param sample the most rows to take, at least 1
/// @param seed of the draw where there are more rows
public record TrainingRequest(Source source, List<String> features, Target target, int sample, long seed) {

    public TrainingRequest {
        features = List.copyOf(features);
        if (sample < 1) {
            throw FailureException.permanent("The sample is %d rows; it has to be at least 1.".formatted(sample));
        }
    }

    /// Rows and what is computed from each, as a job's source has them.
    ///
    /// @param files the files, and the types that their folders have
    /// @param select computed columns: name to DuckDB-SQL scalar expression
    /// @param where a DuckDB-SQL condition, or null for all rows
    /// @param origin where `select` is written down, for error messages
    public record Source(
            ParquetInput files,
            Map<String, String> select,
            @Nullable String where,
            SourceColumns.Origin origin) {
        public Source {
            select = Collections.unmodifiableMap(new LinkedHashMap<>(select));
        }
    }

    /// The value to predict.
    ///
    /// @param expression in DuckDB SQL, or null for the column or computed column of this name
    public record Target(String name, @Nullable String expression) {

        private static final Pattern NAMED = Pattern.compile("\\s*([A-Za-z_]\\w*)\\s*=(?!=)(.+)", Pattern.DOTALL);

        /// Reads `NAME` or `NAME=EXPRESSION`.
        public static Target parse(String text) {
            Matcher named = NAMED.matcher(text);
            return named.matches()
                    ? new Target(named.group(1), named.group(2).strip())
                    : new Target(text.strip(), null);
        }
    }
}
