package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.plan.SourceInspector;
import io.nightshift.scoring.model.ModelDescription;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
            Footers footers = footers(connection, files);
            List<InspectedFile> inspected =
                    files.stream().map(file -> inspected(file, footers)).toList();
            long rows = inspected.stream().mapToLong(file -> file.file().rows()).sum();
            if (rows == 0) {
                throw FailureException.permanent("source: there is not a single row in %s"
                        .formatted(files.size() == 1 ? files.getFirst() : files.size() + " files"));
            }
            check(connection, footers.schemas(), job, model);
            return inspected;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    /// A job of this inspector's files, bound to the first: the types of what it puts out are the same in all.
    ///
    /// @throws FailureException naming what doesn't fit
    public BoundJob bind(Job job, ModelDescription model) {
        Path file = SourceFiles.expand(job.source().parquet()).getFirst();
        try (Connection connection = duckDb.get().connect()) {
            return BoundJob.bind(connection, file.toString(), job, model);
        } catch (SQLException e) {
            throw broken(file, e);
        }
    }

    private static void check(Connection connection, List<Path> files, Job job, ModelDescription model) {
        BoundJob first = null;
        for (Path file : files) {
            try {
                BoundJob bound = BoundJob.check(connection, file.toString(), job, model);
                if (first == null) {
                    first = bound;
                } else {
                    bound.refuseOtherOutput(first);
                }
            } catch (SQLException e) {
                throw broken(file, e);
            }
        }
    }

    /// @param rowGroups the rows of each row group that has some, by file
    /// @param schemas a file of each schema, in order
    private record Footers(Map<String, List<Long>> rowGroups, List<Path> schemas) {}

    private static Footers footers(Connection connection, List<Path> files) throws SQLException {
        try {
            return new Footers(rowGroups(connection, files), oneOfEachSchema(connection, files));
        } catch (SQLException e) {
            throw files.size() == 1 ? broken(files.getFirst(), e) : blame(connection, files, e);
        }
    }

    /// DuckDB reads many footers at once; this finds whose is broken.
    private static FailureException blame(Connection connection, List<Path> files, SQLException all)
            throws SQLException {
        for (Path file : files) {
            try {
                rowGroups(connection, List.of(file));
                oneOfEachSchema(connection, List.of(file));
            } catch (SQLException e) {
                return broken(file, e);
            }
        }
        throw all;
    }

    private static FailureException broken(Path file, SQLException e) {
        return FailureException.permanent(
                "source: the Parquet footer of %s is broken: %s".formatted(file, DuckDbError.reason(e)));
    }

    private static InspectedFile inspected(Path file, Footers footers) {
        BasicFileAttributes attributes = attributes(file);
        List<Long> groups = footers.rowGroups().getOrDefault(file.toString(), List.of());
        long rows = groups.stream().mapToLong(Long::longValue).sum();
        Instant modified = attributes.lastModifiedTime().toInstant();
        return new InspectedFile(new SourceFile(file.toString(), attributes.size(), modified, rows), groups);
    }

    private static Map<String, List<Long>> rowGroups(Connection connection, List<Path> files) throws SQLException {
        String sql = """
                SELECT file_name, row_group_id, any_value(row_group_num_rows), max(
                    least(data_page_offset, coalesce(nullif(dictionary_page_offset, 0), data_page_offset))
                    + total_compressed_size)
                FROM parquet_metadata(%s) GROUP BY ALL ORDER BY ALL
                """.formatted(list(files));
        Map<String, List<Long>> groups = new HashMap<>();
        Map<String, Long> ends = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                String file = rows.getString(1);
                long count = rows.getLong(3);
                if (count > 0) {
                    ends.merge(file, rows.getLong(4), Math::max);
                    groups.computeIfAbsent(file, name -> new ArrayList<>()).add(count);
                }
            }
        }
        ends.forEach((file, end) -> SourceFiles.checkHolds(Path.of(file), end));
        return groups;
    }

    private static List<Path> oneOfEachSchema(Connection connection, List<Path> files) throws SQLException {
        Map<String, String> schemas =
                Schemas.of(connection, files.stream().map(Path::toString).toList());
        Set<String> seen = new HashSet<>();
        return files.stream()
                .filter(file -> seen.add(schemas.getOrDefault(file.toString(), "")))
                .toList();
    }

    private static String list(List<Path> files) {
        return Sql.files(files.stream().map(Path::toString).toList());
    }

    private static BasicFileAttributes attributes(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class);
        } catch (IOException e) {
            throw FailureException.permanent("source: %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }
}
