package io.nightshift.cli.output;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Formats the counts of categories that a model does not know, for people.
public final class UnseenCategoryText {

    private UnseenCategoryText() {}

    /// For example `plan in 7 rows, city in 1 row`.
    ///
    /// @param rows by feature
    public static String text(Map<String, Long> rows) {
        return rows.entrySet().stream()
                .map(feature -> String.format(
                        Locale.ROOT,
                        "%s in %,d %s",
                        feature.getKey(),
                        feature.getValue(),
                        feature.getValue() == 1 ? "row" : "rows"))
                .collect(Collectors.joining(", "));
    }
}
