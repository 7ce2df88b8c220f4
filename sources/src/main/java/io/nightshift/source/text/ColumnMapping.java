package io.nightshift.source.text;

import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Finds the columns of several text files that are the same, and gives each a name. No two names differ only in
/// case, because SQL does not distinguish them. For one thread.
///
/// Columns of CSV files are the same if their headers have the same name, or one that differs only in case.
/// Keys of JSON objects are the same only if they are equal.
final class ColumnMapping {

    /// @param given the name in the header of the first file with the column
    private record Known(String name, String given) {}

    private final List<Known> columns = new ArrayList<>();
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>();

    /// The names of all columns, in order.
    List<String> names() {
        return keys.isEmpty()
                ? columns.stream().map(Known::name).toList()
                : keys.values().stream().toList();
    }

    /// The name of the column for a key of JSON objects.
    ///
    /// @param file in which the key is
    /// @throws FailureException if no column can have the name
    String ofKey(String key, String file) {
        String known = keys.get(key);
        if (known == null) {
            TextFormat.refuseReserved(key, file);
            known = free(TextSchema.asName(key));
            keys.put(key, known);
        }
        return known;
    }

    private String free(String wanted) {
        String name = wanted;
        for (int k = 1; !taken.add(name.toLowerCase(Locale.ROOT)); k++) {
            name = wanted + "_" + k;
        }
        return name;
    }

    /// The names of the columns of a CSV file, by the names in the file, in its order.
    Map<String, String> ofHeader(FileScan scan) {
        @Nullable Known[] found = new Known[scan.names().size()];
        Set<Known> used = new HashSet<>();
        for (int i = 0; i < found.length; i++) {
            String given = scan.given().get(i);
            found[i] = columns.stream()
                    .filter(known -> known.given.equals(given) && !used.contains(known))
                    .findFirst()
                    .orElse(null);
            if (found[i] != null) {
                used.add(found[i]);
            }
        }
        Map<String, Known> byLowerCase = new HashMap<>();
        columns.forEach(known -> byLowerCase.put(known.name.toLowerCase(Locale.ROOT), known));
        Map<String, String> names = new LinkedHashMap<>();
        for (int i = 0; i < found.length; i++) {
            String name = scan.names().get(i);
            Known known = found[i];
            if (known == null) {
                known = byLowerCase.get(name.toLowerCase(Locale.ROOT));
                if (known == null || !used.add(known)) {
                    known = new Known(free(name), scan.given().get(i));
                    columns.add(known);
                    used.add(known);
                }
            }
            names.put(name, Objects.requireNonNull(known).name);
        }
        return names;
    }
}
