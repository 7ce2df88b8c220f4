package io.nightshift.cli.init;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The source of a new job file, as `--data` names it.
///
/// @param kind of the source
/// @param places paths of files, one path of a Delta table, or one `DATA_SOURCE/TABLE` or `CATALOG/NAMESPACE.TABLE`
/// @param delimiter of CSV files; a comma for others
record NewSource(Kind kind, List<String> places, String delimiter) {

    /// A key of `source` in a job file.
    enum Kind {
        PARQUET("Parquet", Pattern.compile("(?i).*\\.(parquet|pq|parq)")),
        CSV("CSV", Pattern.compile("(?i).*\\.(csv|tsv)(\\.gz|\\.zst)?")),
        NDJSON("NDJSON", Pattern.compile("(?i).*\\.(ndjson|jsonl)(\\.gz|\\.zst)?")),
        POSTGRES("a table of PostgreSQL", null),
        MARIADB("a table of MariaDB or MySQL", null),
        ICEBERG("an Iceberg table", null),
        DELTA("a Delta table", null);

        private final String text;
        private final @Nullable Pattern files;

        Kind(String text, @Nullable Pattern files) {
            this.text = text;
            this.files = files;
        }

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isTable() {
            return files == null;
        }

        private boolean matches(String path) {
            return files != null && files.matcher(path).matches();
        }
    }

    private static final Pattern PREFIXED =
            Pattern.compile("(parquet|csv|ndjson|postgres|mariadb|mysql|iceberg|delta):(?!//)(.+)", Pattern.DOTALL);

    private static final Set<String> DELIMITERS = Set.of(",", ";", "\t", "|");

    private static final int MOST_SEARCHED = 10_000;

    /// The meaning of one `--data`.
    private record Place(Kind kind, String text) {}

    NewSource {
        places = List.copyOf(places);
    }

    /// @throws FailureException if the data are of no kind, or of several
    static NewSource parse(List<String> data, DuckDb duckDb) {
        List<Place> places = data.stream().map(NewSource::place).toList();
        Set<Kind> kinds = places.stream().map(Place::kind).collect(Collectors.toCollection(LinkedHashSet::new));
        Kind kind = kinds.iterator().next();
        if (kinds.size() > 1) {
            throw FailureException.permanent("--data: a job reads one kind of source, and this is %s"
                    .formatted(kinds.stream().map(each -> each.text).collect(Collectors.joining(" and "))));
        }
        if (kind.isTable() && places.size() > 1) {
            throw FailureException.permanent("--data: a job reads one table; join several in a query, or in a view");
        }
        List<String> texts = places.stream().map(Place::text).toList();
        return new NewSource(kind, texts, kind == Kind.CSV ? delimiter(texts.getFirst(), duckDb) : ",");
    }

    private static Place place(String text) {
        Matcher prefixed = PREFIXED.matcher(text);
        if (!prefixed.matches()) {
            return new Place(kindOf(text), text);
        }
        String name = prefixed.group(1).equals("mysql") ? "mariadb" : prefixed.group(1);
        Kind kind = Kind.valueOf(name.toUpperCase(Locale.ROOT));
        String place = prefixed.group(2);
        if (kind == Kind.ICEBERG) {
            if (!place.matches("[^/]+/[^/.]+([.][^/.]+)+")) {
                throw FailureException.permanent(
                        "--data: expected iceberg:CATALOG/NAMESPACE.TABLE, such as iceberg:lake/sales.customers, not "
                                + text);
            }
        } else if (kind.isTable() && kind != Kind.DELTA && !place.matches("[^/]+/[^/]+")) {
            throw FailureException.permanent("--data: expected %1$s:DATA_SOURCE/TABLE, such as %1$s:crm/%2$s, not %3$s"
                    .formatted(kind.key(), kind == Kind.POSTGRES ? "public.customers" : "customers", text));
        }
        return new Place(kind, place);
    }

    private static Kind kindOf(String path) {
        for (Kind kind : Kind.values()) {
            if (kind.matches(path)) {
                return kind;
            }
        }
        Path folder = isAddress(path) ? null : Path.of(path);
        if (folder != null && Files.isDirectory(folder.resolve("_delta_log"))) {
            return Kind.DELTA;
        }
        if (folder != null && Files.isDirectory(folder)) {
            Set<Kind> found = kindsIn(folder);
            if (found.size() > 1) {
                throw FailureException.permanent(
                        "--data: the folder %s has files of several kinds: %s; say which, such as %s:%s"
                                .formatted(
                                        path,
                                        found.stream().map(kind -> kind.text).collect(Collectors.joining(" and ")),
                                        found.iterator().next().key(),
                                        path));
            }
            return found.isEmpty() ? Kind.PARQUET : found.iterator().next();
        }
        if (folder != null && Files.isRegularFile(folder) && !isParquet(folder)) {
            throw FailureException.permanent(
                    "--data: the name of %1$s does not say what it is; write csv:%1$s, ndjson:%1$s or parquet:%1$s"
                            .formatted(path));
        }
        return Kind.PARQUET;
    }

    private static Set<Kind> kindsIn(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.limit(MOST_SEARCHED)
                    .map(Path::toString)
                    .flatMap(path -> Stream.of(Kind.values()).filter(kind -> kind.matches(path)))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException | UncheckedIOException e) {
            // The reader of the files reports what is wrong with the folder.
            return Set.of();
        }
    }

    private static boolean isParquet(Path file) {
        try (InputStream content = Files.newInputStream(file)) {
            return new String(content.readNBytes(4), StandardCharsets.ISO_8859_1).equals("PAR1");
        } catch (IOException e) {
            return true;
        }
    }

    private static boolean isAddress(String path) {
        return ObjectAddress.isAddress(path);
    }

    /// The character between two values, as DuckDB detects it in the first file.
    private static String delimiter(String path, DuckDb duckDb) {
        String glob = isAddress(path) || !Files.isDirectory(Path.of(path)) ? path : path + "/**/*.[ct]sv*";
        try (Connection connection = duckDb.connect()) {
            String file = text(connection, "SELECT min(file) FROM glob(%s)".formatted(Sql.text(glob)));
            String found = file == null
                    ? null
                    : text(connection, "SELECT Delimiter FROM sniff_csv(%s)".formatted(Sql.text(file)));
            return found != null && DELIMITERS.contains(found) ? found : ",";
        } catch (SQLException e) {
            // The reader of the file reports what is wrong with it.
            return ",";
        }
    }

    private static @Nullable String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /// The same source with other paths, if it has paths.
    NewSource with(UnaryOperator<String> path) {
        return kind.isTable() && kind != Kind.DELTA
                ? this
                : new NewSource(
                        kind,
                        places.stream()
                                .map(place -> isAddress(place) ? place : path.apply(place))
                                .toList(),
                        delimiter);
    }

    /// The catalog, of an Iceberg table.
    private String dataSource() {
        return places.getFirst().substring(0, places.getFirst().indexOf('/'));
    }

    private String table() {
        return places.getFirst().substring(places.getFirst().indexOf('/') + 1);
    }

    /// The source as a job has it. Paths are as given.
    Input input() {
        List<String> absolute = kind.isTable() && kind != Kind.DELTA
                ? List.of()
                : places.stream()
                        .map(place -> isAddress(place)
                                ? place
                                : Path.of(place).toAbsolutePath().normalize().toString())
                        .toList();
        return switch (kind) {
            case PARQUET -> new ParquetInput(absolute);
            case CSV ->
                new CsvInput(
                        absolute,
                        delimiter,
                        "\"",
                        null,
                        true,
                        "utf-8",
                        List.of(""),
                        true,
                        ".",
                        null,
                        null,
                        null,
                        Map.of());
            case NDJSON -> new NdjsonInput(absolute, Map.of());
            case POSTGRES ->
                new DatabaseInput(DatabaseInput.Engine.POSTGRESQL, dataSource(), table(), null, null, null);
            case MARIADB -> new DatabaseInput(DatabaseInput.Engine.MARIADB, dataSource(), table(), null, null, null);
            case ICEBERG -> new IcebergInput(dataSource(), table());
            case DELTA -> new DeltaInput(absolute.getFirst());
        };
    }

    /// The keys below `source`, indented.
    String yaml() {
        if (kind == Kind.ICEBERG) {
            return """
                  # A table of a catalog that the configuration names. A batch reads the snapshot that is current when it is
                  # planned; the keys snapshot, ref and as-of choose another one.
                  iceberg:
                    catalog: %s
                    table: %s
                """.formatted(NewJobFile.value(dataSource()), NewJobFile.value(table()));
        }
        if (kind == Kind.DELTA) {
            return """
                  # A Delta table. A batch reads the version that is the newest one when it is planned. To choose another
                  # one, write a map of table and version or as-of.
                  delta: %s
                """.formatted(NewJobFile.value(places.getFirst()));
        }
        if (kind.isTable()) {
            return """
                  # A table or view of a database that the configuration names.
                  %s:
                    data-source: %s
                    table: %s
                """.formatted(kind.key(), NewJobFile.value(dataSource()), NewJobFile.value(table()));
        }
        List<String> texts = new ArrayList<>();
        places.forEach(place -> texts.add(NewJobFile.value(place)));
        String paths = texts.size() == 1 ? texts.getFirst() : "[" + String.join(", ", texts) + "]";
        String comment = "  # %s files, folders and globs.\n".formatted(kind.text);
        if (delimiter.equals(",")) {
            return comment + "  %s: %s\n".formatted(kind.key(), paths);
        }
        return comment
                + "  csv:\n    files: %s\n    delimiter: %s\n"
                        .formatted(paths, delimiter.equals("\t") ? "tab" : "\"" + delimiter + "\"");
    }
}
