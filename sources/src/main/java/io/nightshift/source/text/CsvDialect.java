package io.nightshift.source.text;

import io.nightshift.protocol.job.CsvInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a CSV file writes its values.
///
/// @param delimiter one ASCII character, as all others
/// @param quote null if no value is quoted
/// @param escape null if a quote is doubled
/// @param nulls the values that stand for NULL
/// @param quotedNulls whether a quoted value can stand for NULL too
/// @param thousands null if there is no separator
record CsvDialect(
        String delimiter,
        @Nullable String quote,
        @Nullable String escape,
        List<String> nulls,
        boolean quotedNulls,
        String decimal,
        @Nullable String thousands) {

    static CsvDialect of(CsvInput input) {
        return new CsvDialect(
                input.delimiter(),
                input.quote(),
                input.escape(),
                input.nulls(),
                input.quotedNulls(),
                input.decimal(),
                input.thousands());
    }
}
