package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.KnownCondition;
import io.nightshift.source.files.FolderFilter;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The columns that folders make, while the files of a source are listed: rules out folders of object stores by
/// the job's condition, and knows the types.
///
/// The type of a column that is not declared depends on all of its values. So it can rule out folders only if the
/// list of one folder has them all: if the source is one glob whose only folder with a wildcard is the last,
/// such as
/// `s3://lake/flights/dt=*/*.parquet`.
final class FolderListing implements FolderFilter {

    private final Supplier<DuckDb> duckDb;
    private final @Nullable String where;
    private final Map<String, String> declared;
    /// The columns that may rule folders out.
    private final Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    /// The types of columns that were detected before folders were ruled out.
    private final Map<String, String> detected = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    private final Map<Set<String>, Optional<String>> conditions = new HashMap<>();
    private final List<String> skipped = new ArrayList<>();
    private int folders;

    /// @param where the job's condition
    /// @param own columns of the files themselves, which take precedence
    FolderListing(Supplier<DuckDb> duckDb, ParquetInput input, @Nullable String where, Set<String> own) {
        this.duckDb = duckDb;
        this.where = where;
        this.declared = input.folders();
        if (where != null) {
            names.addAll(declared.isEmpty() ? namesOfGlob(input.paths()) : declared.keySet());
            names.removeAll(own);
        }
    }

    private static Set<String> namesOfGlob(List<String> paths) {
        String path = paths.getFirst();
        if (paths.size() > 1 || !ObjectAddress.isAddress(path)) {
            return Set.of();
        }
        int wildcard = indexOfWildcard(path);
        int end = path.lastIndexOf('/');
        return wildcard < 0 || wildcard > end || path.indexOf('/', wildcard) != end || path.contains("**")
                ? Set.of()
                : FolderColumns.of(path).keySet();
    }

    private static int indexOfWildcard(String path) {
        for (int i = 0; i < path.length(); i++) {
            if ("*?[{".indexOf(path.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public synchronized boolean needsNamesBelow(String folder) {
        Optional<String> all = condition(names);
        return all.isPresent() && !all.equals(condition(known(folder)));
    }

    /// The columns of a folder that may rule it out.
    private Set<String> known(String folder) {
        Set<String> known = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        known.addAll(FolderColumns.of(folder).keySet());
        known.retainAll(names);
        return known;
    }

    private Optional<String> condition(Set<String> known) {
        return conditions.computeIfAbsent(known, these -> {
            if (where == null || these.isEmpty()) {
                return Optional.empty();
            }
            try (Connection connection = duckDb.get().connect()) {
                return Optional.ofNullable(KnownCondition.over(connection, where, these));
            } catch (SQLException e) {
                throw failure(e);
            }
        });
    }

    private static FailureException failure(SQLException e) {
        return new FailureException(DuckDbError.failure("the folders of the source can't be compared", e), e);
    }

    @Override
    public synchronized List<String> kept(List<String> all) {
        Map<Set<String>, List<String>> byColumns = new LinkedHashMap<>();
        for (String folder : all) {
            byColumns
                    .computeIfAbsent(known(folder), columns -> new ArrayList<>())
                    .add(folder);
        }
        Set<String> kept = new HashSet<>();
        try (Connection connection = duckDb.get().connect()) {
            for (Map.Entry<Set<String>, List<String>> each : byColumns.entrySet()) {
                kept.addAll(kept(connection, each.getKey(), each.getValue()));
            }
        } catch (SQLException e) {
            throw failure(e);
        }
        folders += all.size();
        all.stream().filter(folder -> !kept.contains(folder)).forEach(skipped::add);
        return all.stream().filter(kept::contains).toList();
    }

    /// @param columns that the folders have in common
    private List<String> kept(Connection connection, Set<String> columns, List<String> all) throws SQLException {
        Map<String, String> types = FolderColumns.types(all, declared);
        types.keySet().retainAll(columns);
        if (declared.isEmpty()) {
            if (!types.keySet().stream().allMatch(name -> FolderColumns.isTypeOfEach(all, name))) {
                return all;
            }
            detected.putAll(types);
        }
        // A value that is not of its type is refused when a file is found below.
        Set<String> mismatches =
                FolderColumns.mismatches(connection, all, types).keySet();
        List<String> kept = new ArrayList<>(mismatches);
        kept.addAll(new FolderPruning(connection, types)
                .kept(
                        all.stream()
                                .filter(folder -> !mismatches.contains(folder))
                                .toList(),
                        each -> each,
                        where));
        return kept;
    }

    /// The types of all columns that folders make.
    ///
    /// @param paths of the files that were listed
    /// @throws FailureException if a declared column is not there, or has a value that is not of its type
    Map<String, String> types(Collection<String> paths) {
        Map<String, String> types = FolderColumns.types(paths, declared);
        detected.forEach((name, type) -> types.computeIfPresent(name, (column, ofListed) -> type));
        if (!declared.isEmpty()) {
            refuseMissing(types.keySet());
            refuseMismatches(paths);
        }
        return types;
    }

    private void refuseMissing(Set<String> there) {
        for (String name : declared.keySet()) {
            if (there.stream().noneMatch(name::equalsIgnoreCase)) {
                String nearest = NameSuggestion.closest(name, there);
                throw FailureException.permanent("source.parquet.folders: no file is in a folder \"%s=…\"; %s"
                        .formatted(
                                name,
                                there.isEmpty()
                                        ? "no folder of the source has such a name"
                                        : nearest == null
                                                ? "there are " + String.join(", ", there)
                                                : "did you mean \"" + nearest + "\"?"));
            }
        }
    }

    private void refuseMismatches(Collection<String> paths) {
        try (Connection connection = duckDb.get().connect()) {
            for (Map.Entry<String, String> each :
                    FolderColumns.mismatches(connection, paths, declared).entrySet()) {
                Map<String, @Nullable String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                values.putAll(FolderColumns.of(each.getKey()));
                throw FailureException.permanent(
                        "source.parquet.folders.%s: \"%s\" is not of the type %s; it is the name of a folder of %s"
                                .formatted(
                                        each.getValue(),
                                        values.get(each.getValue()),
                                        declared.get(each.getValue()),
                                        each.getKey()));
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /// The folders whose lists were not asked for.
    List<String> skipped() {
        return Collections.unmodifiableList(skipped);
    }

    /// The number of folders that were compared with the condition.
    int compared() {
        return folders;
    }
}
