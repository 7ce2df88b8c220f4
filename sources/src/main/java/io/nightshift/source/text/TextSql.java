package io.nightshift.source.text;

import io.nightshift.source.SourceRelation;
import io.nightshift.source.text.TextSpec.Column;
import io.nightshift.source.text.TextTableFunction.Extra;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The SQL over [TextTableFunction]: converts the values that the table function gives as texts, and says which of
/// them can't be converted.
final class TextSql {

    /// The select list of the source's own columns over [#from].
    static final String OWN_COLUMNS =
            Arrays.stream(Extra.values()).map(Extra::column).collect(Collectors.joining(", ", "* EXCLUDE (", ")"));

    private static final int LONGEST_VALUE = 200;

    private TextSql() {}

    /// The text after FROM: the columns of a specification, and those of [Extra].
    static String from(TextSpec spec, TextFormat format) {
        List<String> select = new ArrayList<>();
        StringBuilder faults = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (Column column : spec.columns()) {
            String name = "nightshift_t." + Sql.name(column.name());
            String converted = converted(column, name, format);
            select.add(converted == null ? name : converted + " AS " + Sql.name(column.name()));
            if (converted != null && column.isChecked() && !column.isSafe()) {
                String misfit = " WHEN %s IS NOT NULL AND %s IS NULL THEN ".formatted(name, converted);
                faults.append(misfit)
                        .append(Sql.text("column \"%s\" is not %s".formatted(column.name(), column.called())));
                values.append(misfit).append("left(%s, %d)".formatted(name, LONGEST_VALUE));
            }
        }
        for (Extra extra : Extra.values()) {
            String name = "nightshift_t." + extra.column();
            String fault = "nightshift_t." + Extra.FAULT.column();
            select.add(
                    switch (extra) {
                        case FAULT -> first(fault, name, faults) + " AS " + extra.column();
                        case VALUE -> first(fault, name, values) + " AS " + extra.column();
                        case FILE, ROW, LINE, BYTE, TEXT -> name;
                    });
        }
        return "(SELECT %s FROM %s(%s) AS nightshift_t)"
                .formatted(String.join(", ", select), TextTableFunction.NAME, Sql.text(spec.json()));
    }

    private static String first(String fault, String own, StringBuilder others) {
        return others.isEmpty() ? own : "CASE WHEN %s IS NOT NULL THEN %s%s END".formatted(fault, own, others);
    }

    /// A value as SQL converts it, NULL if it can't be; null if it is not converted.
    private static @Nullable String converted(Column column, String name, TextFormat format) {
        String type = column.type();
        if (!column.isConverted()) {
            return null;
        }
        if (column.isNarrowed()) {
            return "CAST(%s AS %s)".formatted(name, type);
        }
        if (type.equals("JSON")) {
            return "TRY_CAST(%s AS JSON)".formatted(name);
        }
        if (column.isNested()) {
            // A CAST needs all keys of a STRUCT, and TRY_CAST makes NULL of a part that does not fit:
            // NestedType has checked the parts.
            return "TRY_CAST(CAST(%s AS JSON) AS %s)".formatted(name, type);
        }
        String trimmed = "trim(%s)".formatted(name);
        String given = type.equals("DATE")
                ? format.dateFormat()
                : type.startsWith("TIMESTAMP") ? format.timestampFormat() : null;
        if (given != null) {
            return "TRY_CAST(try_strptime(%s, %s) AS %s)".formatted(trimmed, Sql.text(given), type);
        }
        if (type.equals("DATE")) {
            // A time of day would be cut off.
            return "CASE WHEN contains(%1$s, ':') THEN NULL ELSE TRY_CAST(%1$s AS DATE) END".formatted(trimmed);
        }
        return "TRY_CAST(%s AS %s)".formatted(trimmed, type);
    }

    static SourceRelation relation(TextSpec spec, TextFormat format) {
        long distinct =
                spec.pieces().stream().map(TextSpec.Piece::file).distinct().count();
        String file = distinct == 1 ? Sql.text(spec.pieces().getFirst().file()) : Extra.FILE.column();
        String place = "'line ' || %s || ', byte ' || %s || coalesce(': ' || %s, '')"
                .formatted(Extra.LINE.column(), Extra.BYTE.column(), Extra.VALUE.column());
        return new SourceRelation(
                from(spec, format),
                file,
                Extra.ROW.column(),
                "",
                new SourceRelation.TextRecord(
                        Extra.FAULT.column(),
                        Extra.TEXT.column(),
                        place,
                        format.dialect() == null ? Extra.TEXT.column() : null));
    }
}
