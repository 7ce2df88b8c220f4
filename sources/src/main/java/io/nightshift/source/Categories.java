package io.nightshift.source;

import io.nightshift.protocol.job.Job.UnseenCategories;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.storage.duckdb.Sql;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The categories of a feature, and how the values of its source stand for them.
///
/// @param names the categories in the order of their codes, from 0; empty if they have no names
/// @param codes the codes of the known categories, ascending; empty if they are not known
/// @param byName whether a value is the name of a category; otherwise it is a code
/// @param unseen what happens to a row whose value is no known category
public record Categories(List<String> names, List<Integer> codes, boolean byName, Unseen unseen) {

    /// The treatment of a row whose value is no known category.
    public enum Unseen {
        /// The row is scored as if the value were missing.
        MISSING,
        /// The row is scored as the model treats other texts.
        SCORED,
        /// The row is quarantined.
        QUARANTINE,
        /// The batch fails.
        FAIL
    }

    public Categories {
        names = List.copyOf(names);
        codes = List.copyOf(codes);
    }

    /// The treatment that a job asks for, as far as the model allows it: a model that takes no missing
    /// values can't score the row.
    ///
    /// @param feature of the model
    static Unseen unseen(@Nullable UnseenCategories asked, ModelFeature feature) {
        return switch (asked) {
            case null -> byDefault(feature);
            case QUARANTINE -> Unseen.QUARANTINE;
            case FAIL -> Unseen.FAIL;
        };
    }

    private static Unseen byDefault(ModelFeature feature) {
        if (feature.type() instanceof FeatureType.Nominal(List<String> levels, boolean open) && open) {
            return Unseen.SCORED;
        }
        return feature.missing() ? Unseen.MISSING : Unseen.QUARANTINE;
    }

    /// Whether it can be told that a value is no known category.
    public boolean areKnown() {
        return byName || !codes.isEmpty();
    }

    /// The name of a value's category as SQL.
    ///
    /// @param value over the source's columns
    /// @param type DuckDB's name for its type
    public static String name(String value, String type) {
        String text = "CAST(%s AS VARCHAR)".formatted(value);
        // A data frame with a missing value holds its whole numbers as fractions.
        return BoundJob.isNumber(type) && !BoundJob.isInteger(type) && !type.equals("BOOLEAN")
                ? "CASE WHEN %1$s = trunc(%1$s) THEN CAST(TRY_CAST(%1$s AS HUGEINT) AS VARCHAR) ELSE %2$s END"
                        .formatted(value, text)
                : text;
    }

    /// The names as an SQL list.
    public String list() {
        return Sql.texts(names);
    }
}
