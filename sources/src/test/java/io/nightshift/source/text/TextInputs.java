package io.nightshift.source.text;

import io.nightshift.protocol.job.CsvInput;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// CSV files with the defaults of a job file, and with some other value.
public final class TextInputs {

    private TextInputs() {}

    public static CsvInput csv(String... paths) {
        return new CsvInput(
                List.of(paths), ",", "\"", null, true, "utf-8", List.of(""), true, ".", null, null, null, Map.of());
    }

    public static CsvInput typed(CsvInput csv, Map<String, String> columns) {
        return new CsvInput(
                csv.paths(),
                csv.delimiter(),
                csv.quote(),
                csv.escape(),
                csv.header(),
                csv.encoding(),
                csv.nulls(),
                csv.quotedNulls(),
                csv.decimal(),
                csv.thousands(),
                csv.dateFormat(),
                csv.timestampFormat(),
                columns);
    }

    public static CsvInput encoded(String path, String encoding) {
        CsvInput csv = csv(path);
        return new CsvInput(
                csv.paths(),
                csv.delimiter(),
                csv.quote(),
                csv.escape(),
                csv.header(),
                encoding,
                csv.nulls(),
                csv.quotedNulls(),
                csv.decimal(),
                csv.thousands(),
                csv.dateFormat(),
                csv.timestampFormat(),
                csv.columns());
    }

    /// @param delimiter, decimal, thousands, dateFormat, timestampFormat as in a file of another country
    public static CsvInput of(
            String path,
            String delimiter,
            @Nullable String quote,
            @Nullable String escape,
            boolean header,
            List<String> nulls,
            boolean quotedNulls,
            String decimal,
            @Nullable String thousands,
            @Nullable String dateFormat,
            @Nullable String timestampFormat,
            Map<String, String> columns) {
        return new CsvInput(
                List.of(path),
                delimiter,
                quote,
                escape,
                header,
                "utf-8",
                nulls,
                quotedNulls,
                decimal,
                thousands,
                dateFormat,
                timestampFormat,
                columns);
    }
}
