package io.nightshift.nemesis.workload;

import io.nightshift.nemesis.cluster.DatabaseProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/// An Iceberg table. The pointer of the catalog is read with SQL, or from the names of the folder's files, and the
/// metadata by Iceberg's own library.
///
/// @param catalog of the table
/// @param database that has the pointers of [Catalog#JDBC]
/// @param table the files below the table's location
public record IcebergOutput(Catalog catalog, DatabaseProcess database, OutputFiles table) implements BatchOutput {

    /// The folder of the table in its warehouse.
    private static final String PLACE = "scores/flights";

    private static final String JOB = "flights";

    /// A catalog in the configuration of the nodes.
    public enum Catalog {
        /// In the cluster's PostgreSQL. The warehouse is a folder, or in the object store.
        JDBC("iceberg", "{ type = jdbc, data-source = catalog, warehouse = \"%s\" }"),
        FOLDER("iceberg-folder", "{ type = folder, warehouse = \"%s\" }");

        private final String title;
        private final String settings;

        Catalog(String title, String settings) {
            this.title = title;
            this.settings = settings;
        }

        /// The configuration of nodes and commands that use the catalog.
        ///
        /// @param warehouse a folder, or a prefix of an object store
        public String configuration(String warehouse) {
            return "nightshift.catalogs.%s %s%n".formatted(title, settings.formatted(warehouse));
        }
    }

    /// The name of a table's files in a warehouse with a name.
    public static String place(String warehouse) {
        return warehouse + "/" + PLACE;
    }

    @Override
    public String name() {
        return catalog.title;
    }

    @Override
    public String destination() {
        return "{iceberg: {catalog: %s, table: %s}}".formatted(catalog.title, PLACE.replace('/', '.'));
    }

    @Override
    public void clear() throws IOException, SQLException {
        if (catalog == Catalog.JDBC
                && !database.query(DatabaseProcess.JOURNAL, "SELECT coalesce(to_regclass('iceberg_tables')::text, '')")
                        .isEmpty()) {
            database.list(DatabaseProcess.JOURNAL, "DELETE FROM iceberg_tables RETURNING table_name");
        }
        table.clear();
    }

    /// The batches of the snapshots of the branch `main`, without the first snapshot of each supplement. The branch
    /// with the newest batch has to have the same
    /// files.
    @Override
    public List<String> published() throws IOException, SQLException {
        return table.read(folder -> {
            BaseTable read = open(folder);
            if (read == null) {
                return List.of();
            }
            List<String> batches = new ArrayList<>();
            Set<String> supplements = new HashSet<>();
            for (Snapshot snapshot : SnapshotUtil.currentAncestors(read)) {
                String batch = String.valueOf(snapshot.summary().get("nightshift.batch"));
                String supplement = snapshot.summary().get("nightshift.supplement");
                if (supplement == null || !supplements.add(batch + "/" + supplement)) {
                    batches.add(batch);
                }
            }
            if (!files(read, "main").equals(files(read, JOB + "_latest"))) {
                batches.add("other files in the branch of the newest batch");
            }
            return batches;
        });
    }

    @Override
    public String digest() throws IOException, SQLException {
        return table.read(folder -> {
            BaseTable read = open(folder);
            if (read == null) {
                return "no table";
            }
            return files(read, folder).digest();
        });
    }

    @Override
    public List<VisibleRows> visibleRows() throws IOException, SQLException {
        return table.read(folder -> {
            BaseTable read = open(folder);
            return (read == null ? new TableFolder(folder, Set.of()) : files(read, folder)).visibleRows(name());
        });
    }

    @Override
    public String leftovers() throws IOException, SQLException {
        return table.read(folder -> {
            BaseTable read = open(folder);
            return (read == null ? new TableFolder(folder, Set.of()) : files(read, folder)).leftovers();
        });
    }

    private TableFolder files(BaseTable read, Path folder) throws IOException {
        return new TableFolder(
                folder,
                files(read, "main").stream().map(file -> local(file, folder)).collect(Collectors.toSet()));
    }

    private static TreeSet<String> files(BaseTable read, String branch) throws IOException {
        TreeSet<String> files = new TreeSet<>();
        if (read.refs().containsKey(branch)) {
            try (CloseableIterable<FileScanTask> tasks =
                    read.newScan().useRef(branch).planFiles()) {
                tasks.forEach(task -> files.add(task.file().location()));
            }
        }
        return files;
    }

    /// The table as its catalog has it now; null if there is none.
    private @Nullable BaseTable open(Path folder) throws IOException, SQLException {
        String metadata = catalog == Catalog.JDBC ? registered() : newest(folder);
        return metadata.isEmpty()
                ? null
                : new BaseTable(
                        new StaticTableOperations(metadata, new LocalTableFiles(file -> local(file, folder))), PLACE);
    }

    private String registered() throws SQLException {
        boolean hasTables = !database.query(
                        DatabaseProcess.JOURNAL, "SELECT coalesce(to_regclass('iceberg_tables')::text, '')")
                .isEmpty();
        List<String> found = hasTables
                ? database.list(DatabaseProcess.JOURNAL, "SELECT metadata_location FROM iceberg_tables")
                : List.of();
        return found.isEmpty() ? "" : found.getFirst();
    }

    /// The metadata of the highest version in a folder catalog.
    private String newest(Path folder) throws IOException {
        Path metadata = folder.resolve("metadata");
        if (!Files.exists(metadata)) {
            return "";
        }
        try (Stream<Path> files = Files.list(metadata)) {
            return files.filter(file -> file.getFileName().toString().matches("v\\d+\\.metadata\\.json"))
                    .max(Comparator.comparingInt(file ->
                            Integer.parseInt(file.getFileName().toString().replaceAll("\\D", ""))))
                    .map(Path::toString)
                    .orElse("");
        }
    }

    /// The path of a file, or of an object's copy.
    private String local(String location, Path folder) {
        int place = location.indexOf(PLACE);
        return place < 0 ? location : folder + location.substring(place + PLACE.length());
    }
}
