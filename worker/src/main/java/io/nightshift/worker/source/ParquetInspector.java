package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.plan.SourceInspector;
import io.nightshift.worker.duckdb.DuckDb;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Looks at Parquet sources through DuckDB.
public final class ParquetInspector implements SourceInspector {

    private final java.util.function.Supplier<DuckDb> duckDb;

    /// @param duckDb opened when first needed
    public ParquetInspector(java.util.function.Supplier<DuckDb> duckDb) {
        this.duckDb = duckDb;
    }

    @Override
    public String identity(Job.Source source) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : SourceFiles.expand(source.parquet())) {
                BasicFileAttributes attributes = attributes(file);
                String line = "%s\t%d\t%s\n".formatted(file, attributes.size(), attributes.lastModifiedTime());
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        List<Path> files = SourceFiles.expand(job.source().parquet());
        files.forEach(SourceFiles::checkMagic);
        try (Connection connection = duckDb.get().connect()) {
            List<InspectedFile> inspected = footers(connection, files);
            long rows = inspected.stream().mapToLong(file -> file.file().rows()).sum();
            if (rows == 0) {
                throw FailureException.permanent("source: there is not a single row in %s"
                        .formatted(files.size() == 1 ? files.getFirst() : files.size() + " files"));
            }
            for (Path file : oneOfEachSchema(connection, files)) {
                BoundJob.bind(connection, file.toString(), job, model);
            }
            return inspected;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    private static List<InspectedFile> footers(Connection connection, List<Path> files) throws SQLException {
        Map<String, List<Long>> rowGroups;
        try {
            rowGroups = rowGroups(connection, files);
        } catch (SQLException e) {
            throw blame(connection, files, e);
        }
        List<InspectedFile> inspected = new ArrayList<>();
        for (Path file : files) {
            BasicFileAttributes attributes = attributes(file);
            List<Long> groups = rowGroups.getOrDefault(file.toString(), List.of());
            long rows = groups.stream().mapToLong(Long::longValue).sum();
            inspected.add(new InspectedFile(
                    new SourceFile(
                            file.toString(),
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant(),
                            rows),
                    groups));
        }
        return inspected;
    }

    private static Map<String, List<Long>> rowGroups(Connection connection, List<Path> files) throws SQLException {
        String sql = """
                SELECT file_name, row_group_id, any_value(row_group_num_rows) AS num_rows
                FROM parquet_metadata(%s) GROUP BY ALL ORDER BY ALL
                """.formatted(list(files));
        Map<String, List<Long>> groups = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                groups.computeIfAbsent(rows.getString(1), name -> new ArrayList<>())
                        .add(rows.getLong(3));
            }
        }
        return groups;
    }

    /// DuckDB reads many footers at once; this finds whose is broken.
    private static FailureException blame(Connection connection, List<Path> files, SQLException all) {
        for (Path file : files) {
            try {
                rowGroups(connection, List.of(file));
            } catch (SQLException e) {
                return FailureException.permanent(
                        "source: the Parquet footer of %s is broken: %s".formatted(file, DuckDbError.firstLine(e)));
            }
        }
        return FailureException.permanent("source: " + DuckDbError.firstLine(all));
    }

    private static List<Path> oneOfEachSchema(Connection connection, List<Path> files) throws SQLException {
        String sql = """
                SELECT file_name, string_agg(concat_ws(':', name, type, duckdb_type, num_children), ',' ORDER BY column_id)
                FROM parquet_schema(%s) GROUP BY 1 ORDER BY 1
                """.formatted(list(files));
        List<Path> chosen = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                if (seen.add(rows.getString(2))) {
                    chosen.add(Path.of(rows.getString(1)));
                }
            }
        }
        return chosen;
    }

    private static String list(List<Path> files) {
        return Sql.texts(files.stream().map(Path::toString).toList());
    }

    private static BasicFileAttributes attributes(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class);
        } catch (IOException e) {
            throw FailureException.permanent("source: %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }
}
