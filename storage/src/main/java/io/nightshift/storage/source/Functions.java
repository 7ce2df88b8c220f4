package io.nightshift.storage.source;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// DuckDB's functions by name, as its catalogue has them, and what makes one unfit for a job.
final class Functions {

    /// Functions that the catalogue calls consistent, though they are not: they give the time, or read what
    /// an SQL text names.
    private static final Set<String> MISMARKED =
            Set.of("current_localtime", "current_localtimestamp", "json_serialize_plan");

    /// Functions that look like columns, since they are called without parentheses.
    private static final Set<String> BARE = Set.of(
            "current_catalog",
            "current_date",
            "current_role",
            "current_schema",
            "current_time",
            "current_timestamp",
            "current_user",
            "localtime",
            "localtimestamp",
            "session_user",
            "user");

    /// Functions that only DuckDB's binder knows, not its catalogue.
    private static final Set<String> MANY_ROWS = Set.of("unnest", "unlist");

    private static @Nullable Functions ofThisDriver;

    private final Map<String, Facts> facts;

    /// @param perRow whether it can be called for a row and gives one value
    /// @param changing whether its value depends on more than its arguments
    /// @param macros what it stands for, where it is a macro; one for each overload
    private record Facts(boolean perRow, boolean changing, List<String> macros) {}

    private Functions(Map<String, Facts> facts) {
        this.facts = facts;
    }

    /// The functions depend on the driver only, so they are loaded once.
    static synchronized Functions of(Connection connection) throws SQLException {
        if (ofThisDriver == null) {
            ofThisDriver = new Functions(load(connection));
        }
        return ofThisDriver;
    }

    private static Map<String, Facts> load(Connection connection) throws SQLException {
        String sql = """
            SELECT lower(function_name), function_type IN ('scalar', 'macro'),
                function_type = 'scalar' AND stability <> 'CONSISTENT', macro_definition
            FROM duckdb_functions()
            """;
        Map<String, Facts> facts = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                String macro = rows.getString(4);
                Facts overload =
                        new Facts(rows.getBoolean(2), rows.getBoolean(3), macro == null ? List.of() : List.of(macro));
                facts.merge(rows.getString(1), overload, Functions::both);
            }
        }
        return facts;
    }

    private static Facts both(Facts one, Facts other) {
        List<String> macros = new ArrayList<>(one.macros());
        macros.addAll(other.macros());
        return new Facts(one.perRow() || other.perRow(), one.changing() || other.changing(), macros);
    }

    /// Whether a name that looks like a column's is a function, unless a column has it.
    static boolean isBare(String name) {
        return BARE.contains(name.toLowerCase(Locale.ROOT));
    }

    /// Why a function can't be used for a row, or null if it can. An unknown function is left to DuckDB's
    /// binder, which suggests the name that was meant.
    ///
    /// @param name in lower case
    @Nullable
    String refusal(String name, int arguments) {
        Facts known = facts.get(name);
        boolean changing = MISMARKED.contains(name) || (known != null && known.changing());
        boolean ageNow = name.equals("age") && arguments == 1;
        if (changing || ageNow || name.startsWith("nightshift_")) {
            return name + "() depends on more than the row, so a score could not be repeated."
                    + " Write the value itself; it can be overridden with --set";
        }
        if (MANY_ROWS.contains(name) || (known != null && !known.perRow())) {
            return name + "() does not give one value for one row";
        }
        return null;
    }

    /// The expressions for which a macro stands, one for each overload; empty for a function.
    List<String> macros(String name) {
        Facts known = facts.get(name);
        return known == null ? List.of() : known.macros();
    }
}
