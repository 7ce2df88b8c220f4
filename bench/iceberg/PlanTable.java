import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// Makes the table of `bench/iceberg-plan.sh`: many small data files of real flights, and delete files that apply to each of them.
/// Prints how long Iceberg's own library takes to plan a scan of it.
final class PlanTable {

    private static final int ROWS = 100;
    private static final int COMMITS = 20;

    private PlanTable() {}

    /// @param arguments the folder of the catalog, the Parquet file with flights, the numbers of data files and of delete files, and the
    ///     kind of the deletes: `positions`, `keys`, or `nested` for positions in commits that alternate with those of data files
    public static void main(String[] arguments) throws Exception {
        Path warehouse = Path.of(arguments[0]).toAbsolutePath();
        String flights = Path.of(arguments[1]).toAbsolutePath().toString();
        int files = Integer.parseInt(arguments[2]);
        int deletes = Integer.parseInt(arguments[3]);
        String kind = arguments[4];
        DataSources sources =
                new DataSources(Map.of(), Map.of("lake", new CatalogSettings.Folder("lake", warehouse)));
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duckDb.createStatement();
                IcebergCatalogs catalogs =
                        new IcebergCatalogs(sources, FileRoots.UNRESTRICTED, ObjectStores.none())) {
            Schema schema = schema(sql, flights);
            TableOperations operations = catalogs.get("lake")
                    .create(
                            TableIdentifier.of("bench", "flights"),
                            schema,
                            PartitionSpec.unpartitioned(),
                            Map.of("format-version", "2"));
            new PlanTable().fill(new BaseTable(operations, "flights"), sql, warehouse, flights, files, deletes, kind);
            Table table = new BaseTable(operations, "flights");
            for (int round = 0; round < 3; round++) {
                long begin = System.nanoTime();
                long pairs = 0;
                int tasks = 0;
                try (CloseableIterable<FileScanTask> planned = table.newScan().planFiles()) {
                    for (FileScanTask task : planned) {
                        pairs += task.deletes().size();
                        tasks++;
                    }
                }
                System.err.printf(
                        "Iceberg's own plan: %,d data files, %,d pairs with delete files, %,d ms%n",
                        tasks, pairs, (System.nanoTime() - begin) / 1_000_000);
            }
        }
    }

    private void fill(
            Table table, Statement sql, Path warehouse, String flights, int files, int deletes, String kind)
            throws Exception {
        Path folder = Files.createDirectories(warehouse.resolve("bench/flights/data"));
        Path one = folder.resolve("one.parquet");
        StringBuilder ids = new StringBuilder();
        StringBuilder columns = new StringBuilder();
        for (Types.NestedField field : table.schema().columns()) {
            ids.append(ids.isEmpty() ? "" : ", ").append("\"%s\": %d".formatted(field.name(), field.fieldId()));
            columns.append(columns.isEmpty() ? "" : ", ")
                    .append(field.type().typeId() == Type.TypeID.INTEGER ? "\"%1$s\"::INTEGER AS \"%1$s\"".formatted(field.name()) : "\"" + field.name() + "\"");
        }
        sql.execute("COPY (SELECT %s FROM '%s' LIMIT %d) TO '%s' (FORMAT parquet, FIELD_IDS {%s})"
                .formatted(columns, flights, ROWS, one, ids));
        List<DataFile> all = new ArrayList<>();
        int written = 0;
        for (int commit = 0; commit < COMMITS; commit++) {
            AppendFiles append = table.newAppend();
            for (int i = files * commit / COMMITS; i < files * (commit + 1) / COMMITS; i++) {
                Path file = Files.createLink(folder.resolve("d%06d.parquet".formatted(i)), one);
                all.add(DataFiles.builder(PartitionSpec.unpartitioned())
                        .withPath("file://" + file)
                        .withFormat(FileFormat.PARQUET)
                        .withFileSizeInBytes(Files.size(file))
                        .withRecordCount(ROWS)
                        .build());
                append.appendFile(all.getLast());
            }
            append.commit();
            if (kind.equals("nested") || commit == COMMITS - 1) {
                int end = kind.equals("nested") ? deletes * (commit + 1) / COMMITS : deletes;
                RowDelta delta = table.newRowDelta();
                for (; written < end; written++) {
                    delta.addDeletes(kind.equals("keys") ? keys(sql, table, folder, written) : positions(sql, folder, all, written, deletes));
                }
                delta.commit();
            }
        }
    }

    /// A file that deletes two rows of each of some data files.
    private static DeleteFile positions(Statement sql, Path folder, List<DataFile> data, int number, int deletes)
            throws Exception {
        Path file = folder.resolve("p%06d.parquet".formatted(number));
        StringBuilder rows = new StringBuilder();
        int count = Math.max(1, data.size() / deletes);
        for (int i = 0; i < count; i++) {
            String location = data.get((int) ((long) number * count + i) % data.size()).location();
            rows.append(rows.isEmpty() ? "" : ", ").append("('%1$s', 3::BIGINT), ('%1$s', 50::BIGINT)".formatted(location));
        }
        sql.execute("COPY (SELECT * FROM (VALUES %s) t(file_path, pos) ORDER BY ALL) TO '%s' (FORMAT parquet)".formatted(rows, file));
        return FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
                .ofPositionDeletes()
                .withPath("file://" + file)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(file))
                .withRecordCount(2L * count)
                .build();
    }

    /// A file that deletes the flights of ten distances, of which the first file has one of the data files.
    private static DeleteFile keys(Statement sql, Table table, Path folder, int number) throws Exception {
        Path file = folder.resolve("k%06d.parquet".formatted(number));
        int id = table.schema().findField("distance").fieldId();
        sql.execute("COPY (SELECT (CASE WHEN %1$d + i = 0 THEN (SELECT min(distance) FROM '%2$s') ELSE -10 * %1$d - i END)::INTEGER AS distance FROM range(10) t(i)) TO '%3$s' (FORMAT parquet, FIELD_IDS {distance: %4$d})"
                .formatted(number, folder.resolve("one.parquet"), file, id));
        return FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
                .ofEqualityDeletes(id)
                .withPath("file://" + file)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(file))
                .withRecordCount(10)
                .build();
    }

    private static Schema schema(Statement sql, String flights) throws Exception {
        List<Types.NestedField> fields = new ArrayList<>();
        try (ResultSet columns = sql.executeQuery("DESCRIBE FROM '%s'".formatted(flights))) {
            while (columns.next()) {
                Type type = switch (columns.getString(2)) {
                    case "BIGINT" -> Types.LongType.get();
                    case "INTEGER", "SMALLINT", "TINYINT", "UTINYINT", "USMALLINT" -> Types.IntegerType.get();
                    case "DOUBLE" -> Types.DoubleType.get();
                    case "FLOAT" -> Types.FloatType.get();
                    case "VARCHAR" -> Types.StringType.get();
                    case "DATE" -> Types.DateType.get();
                    case "TIMESTAMP" -> Types.TimestampType.withoutZone();
                    case String other -> throw new IllegalArgumentException(other);
                };
                fields.add(Types.NestedField.optional(fields.size() + 1, columns.getString(1), type));
            }
        }
        return new Schema(fields);
    }
}
