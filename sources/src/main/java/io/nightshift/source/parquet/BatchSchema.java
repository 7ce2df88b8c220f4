package io.nightshift.source.parquet;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The columns that all files of a batch have together. A column that a file lacks is NULL there. Where files
/// give a column different types, all are read as the narrowest common one; see [DuckDbType].
///
/// Columns are the same if they have the same name, whatever its case. If every file gives each of its
/// columns a field ID, as those of Iceberg do, columns are the same if they have the same ID, and the most
/// recently modified file gives them their names.
final class BatchSchema {

    /// The columns of files that have the same.
    ///
    /// @param file the first of these files
    /// @param columns the types by name, in order
    /// @param ids the field ID of each column, in order; empty if the files do not give all of them
    /// @param modified when the newest of these files was modified last
    record Layout(String file, Map<String, String> columns, List<Integer> ids, Instant modified) {

        private static final int DIGITS = 16;

        /// A digest of the columns.
        String digest() {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256")
                        .digest(columns.toString().getBytes(StandardCharsets.UTF_8));
                return HexFormat.of().formatHex(digest).substring(0, DIGITS);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }

    /// Two types of a column for which there is no common one.
    private record Conflict(String type, String file, String other, String otherFile) {}

    /// A column of the batch.
    private static final class Column {
        private String name;
        private String type;
        private final String firstFile;
        private final String firstType;
        private @Nullable Conflict conflict;

        Column(String name, String type, String file) {
            this.name = name;
            this.type = type;
            this.firstFile = file;
            this.firstType = type;
        }

        void widen(String other, String file) {
            String common = conflict == null ? DuckDbType.common(type, other) : null;
            if (common != null) {
                type = common;
            } else if (conflict == null) {
                conflict = new Conflict(firstType, firstFile, other, file);
            }
        }
    }

    private final List<Column> columns = new ArrayList<>();
    private final Map<String, String> folders;
    private final boolean byId;
    /// The columns of each layout in the batch, by their own names.
    private final Map<Layout, Map<String, Column>> own = new LinkedHashMap<>();

    /// @param layouts at least one, in the order of the files
    /// @param folders the types of the columns that the names of folders make
    BatchSchema(List<Layout> layouts, Map<String, String> folders) {
        this.folders = folders;
        this.byId = layouts.stream().noneMatch(layout -> layout.ids().isEmpty());
        if (byId) {
            joinById(layouts);
        } else {
            layouts.forEach(this::joinByName);
        }
        for (Map.Entry<String, String> folder : folders.entrySet()) {
            Column column = column(folder.getKey());
            if (column != null && isMissing(column)) {
                column.widen(folder.getValue(), "the names of folders");
            }
        }
    }

    private boolean isMissing(Column column) {
        return own.values().stream().anyMatch(known -> !known.containsValue(column));
    }

    private @Nullable Column column(String name) {
        Column equal = null;
        for (Column column : columns) {
            if (column.name.equals(name)) {
                return column;
            }
            if (column.name.equalsIgnoreCase(name)) {
                equal = column;
            }
        }
        return equal;
    }

    private void joinByName(Layout layout) {
        Map<String, Column> known = new LinkedHashMap<>();
        layout.columns().forEach((name, type) -> {
            Column column = column(name);
            if (column == null || known.containsValue(column)) {
                column = new Column(name, type, layout.file());
                columns.add(column);
            } else {
                column.widen(type, layout.file());
            }
            known.put(name, column);
        });
        own.put(layout, known);
    }

    private void joinById(List<Layout> layouts) {
        Map<Integer, Column> byColumnId = new LinkedHashMap<>();
        for (Layout layout : layouts) {
            Map<String, Column> known = new LinkedHashMap<>();
            int at = 0;
            for (Map.Entry<String, String> column : layout.columns().entrySet()) {
                int id = layout.ids().get(at++);
                Column joined = byColumnId.get(id);
                if (joined == null) {
                    joined = new Column(column.getKey(), column.getValue(), layout.file());
                    byColumnId.put(id, joined);
                } else {
                    joined.widen(column.getValue(), layout.file());
                }
                known.put(column.getKey(), joined);
            }
            own.put(layout, known);
        }
        // The newest file names first, and a name that is taken is that of a column that was dropped.
        Set<Column> named = new HashSet<>();
        Set<String> taken = new HashSet<>();
        layouts.stream()
                .sorted(Comparator.comparing(Layout::modified).reversed())
                .forEach(layout -> Objects.requireNonNull(own.get(layout)).forEach((name, column) -> {
                    if (named.add(column) && taken.add(name.toLowerCase(Locale.ROOT))) {
                        column.name = name;
                        columns.add(column);
                    }
                }));
    }

    /// How a file with a layout is read.
    ///
    /// @param layout one of the batch's
    /// @param used whether a column of the batch is read, by its name; the others are left as they are in the
    ///     file
    FileSchema of(Layout layout, Predicate<String> used) {
        Map<String, Column> known = Objects.requireNonNull(own.get(layout));
        List<FileSchema.Column> changed = new ArrayList<>();
        Map<String, String> fromFolders = new TreeMap<>();
        Set<String> hidden = new HashSet<>();
        for (Column column : columns) {
            if (!used.test(column.name)) {
                continue;
            }
            String name = known.entrySet().stream()
                    .filter(entry -> entry.getValue() == column)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(null);
            String folder = folder(column.name);
            String ownType =
                    name == null ? "" : Objects.requireNonNull(layout.columns().get(name));
            String type = column.conflict == null || name == null ? column.type : ownType;
            if (name == null && folder != null) {
                fromFolders.put(folder, type);
            } else if (!column.name.equals(name) || !type.equals(ownType)) {
                changed.add(new FileSchema.Column(column.name, name, type));
                if (name != null) {
                    hidden.add(name);
                }
            }
        }
        folders.forEach((name, type) -> {
            if (used.test(name) && column(name) == null) {
                fromFolders.put(name, type);
            }
        });
        for (String name : layout.columns().keySet()) {
            if (changed.stream().anyMatch(column -> column.name().equalsIgnoreCase(name))
                    || fromFolders.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
                hidden.add(name);
            }
        }
        return new FileSchema(
                layout.digest(),
                changed,
                layout.columns().keySet().stream().filter(hidden::contains).toList(),
                new TreeMap<>(fromFolders));
    }

    private @Nullable String folder(String name) {
        return folders.keySet().stream()
                .filter(name::equalsIgnoreCase)
                .findFirst()
                .orElse(null);
    }

    /// Two files of which one has large whole numbers in a column and the other floating-point numbers, in a
    /// clause; null if there are none. The type of both does not hold all of these.
    @Nullable
    String mixedNumbers(String name) {
        Column column = column(name);
        String whole = column == null ? null : file(column, DuckDbType::isRoundedByDouble);
        String floating = column == null ? null : file(column, DuckDbType::isFloating);
        return whole == null || floating == null ? null : "%s is %s and %s".formatted(name, whole, floating);
    }

    /// A type of a column, and a file that has it.
    private @Nullable String file(Column column, Predicate<String> type) {
        for (Map.Entry<Layout, Map<String, Column>> known : own.entrySet()) {
            for (Map.Entry<String, Column> each : known.getValue().entrySet()) {
                String found = known.getKey().columns().get(each.getKey());
                if (each.getValue() == column && found != null && type.test(found)) {
                    return "%s in %s".formatted(found, known.getKey().file());
                }
            }
        }
        return null;
    }

    /// The columns without a common type, in a sentence; empty if there is none.
    ///
    /// @param used whether a column is read, by its name
    List<String> conflicts(Predicate<String> used) {
        List<String> sentences = new ArrayList<>();
        for (Column column : columns) {
            Conflict conflict = column.conflict;
            if (conflict != null && used.test(column.name)) {
                sentences.add("%s is %s in %s and %s in %s, and no type holds both"
                        .formatted(
                                column.name, conflict.type(), conflict.file(), conflict.other(), conflict.otherFile()));
            }
        }
        return sentences;
    }
}
