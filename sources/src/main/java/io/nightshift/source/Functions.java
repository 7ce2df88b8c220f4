package io.nightshift.source;

import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.source.FunctionList.Cost;
import io.nightshift.source.FunctionList.Kind;
import java.sql.Array;
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

/// The functions in DuckDB's catalogue by name, and the reasons why expressions can't use some of them.
final class Functions {

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

    /// A macro as the catalogue has it.
    ///
    /// @param definition the SQL that it stands for
    record Definition(List<String> parameters, String definition) {}

    /// @param perRow whether it can be called for a row and gives one value
    /// @param macros what it stands for, where it is a macro; one for each overload
    private record Facts(boolean perRow, List<Definition> macros) {}

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
            SELECT lower(function_name), function_type IN ('scalar', 'macro'), macro_definition, parameters
            FROM duckdb_functions()
            """;
        Map<String, Facts> facts = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                String macro = rows.getString(3);
                List<Definition> definitions =
                        macro == null ? List.of() : List.of(new Definition(texts(rows.getArray(4)), macro));
                facts.merge(rows.getString(1), new Facts(rows.getBoolean(2), definitions), Functions::both);
            }
        }
        return facts;
    }

    private static List<String> texts(Array array) throws SQLException {
        List<String> texts = new ArrayList<>();
        for (Object text : (Object[]) array.getArray()) {
            texts.add(String.valueOf(text));
        }
        return texts;
    }

    private static Facts both(Facts one, Facts other) {
        List<Definition> macros = new ArrayList<>(one.macros());
        macros.addAll(other.macros());
        return new Facts(one.perRow() || other.perRow(), macros);
    }

    /// Whether a name that looks like a column's is a function, unless a column has it.
    static boolean isBare(String name) {
        return BARE.contains(name.toLowerCase(Locale.ROOT));
    }

    /// The reason why an expression can't use a function, or null if it can.
    ///
    /// @param name in lower case
    @Nullable
    String refusal(String name, int arguments) {
        boolean ageNow = name.equals("age") && arguments == 1;
        if (ageNow || name.startsWith("nightshift_")) {
            return name + "()" + Kind.CHANGING.refusal();
        }
        Cost listed = FunctionList.shipped().of(name);
        if (listed != null) {
            String refusal = listed.kind().refusal();
            return refusal == null ? null : name + "()" + refusal;
        }
        Facts known = facts.get(name);
        if (MANY_ROWS.contains(name) || (known != null && !known.perRow())) {
            return name + "()" + Kind.ROWS.refusal();
        }
        if (known != null) {
            return name + "()" + Kind.INTERNAL.refusal();
        }
        String nearest = NameSuggestion.closest(name, FunctionList.shipped().allowed());
        return "the function %s() does not exist%s"
                .formatted(name, nearest == null ? "" : "; did you mean " + nearest + "()?");
    }

    /// The expressions for which a macro stands, one for each overload; empty for a function.
    List<Definition> macros(String name) {
        Facts known = facts.get(name);
        return known == null ? List.of() : known.macros();
    }
}
