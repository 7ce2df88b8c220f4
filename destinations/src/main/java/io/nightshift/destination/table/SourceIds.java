package io.nightshift.destination.table;

import io.nightshift.protocol.batch.RowsDigest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Digests the ids of a job's input as a table of predictions has them. Blocking; safe for several threads.
public final class SourceIds {

    /// A column of the ids.
    ///
    /// @param type DuckDB's name for its type
    public record Column(String name, String type) {}

    /// Digests rows of some columns as the database has them, and sends them nowhere.
    @FunctionalInterface
    public interface Digesting {
        SentRows rows(List<Column> columns);
    }

    private final Supplier<DuckDb> duckDb;
    private final SourceReaders sources;
    private final Digesting digesting;

    /// @param duckDb opened when first needed
    public SourceIds(Supplier<DuckDb> duckDb, SourceReaders sources, Digesting digesting) {
        this.digesting = digesting;
        this.duckDb = duckDb;
        this.sources = sources;
    }

    /// The [RowsDigest] of the ids of some rows: of each row the fields `record_id`, or `record_file` and
    /// `record_row`, as the database's own rows are digested.
    ///
    /// @throws FailureException if the source can't be read
    public String digest(Job job, List<Slice> slices) {
        Job.Source source = job.source();
        String id = source.id();
        SentRows digested = null;
        SourceReader reader = sources.of(job);
        try (Connection connection = duckDb.get().connect();
                HeldSlices _ = reader.hold(slices)) {
            List<SourceRelation> relations = new ArrayList<>();
            for (List<Slice> ofCut : Slice.byCut(slices)) {
                relations.addAll(reader.relations(connection, ofCut));
            }
            for (SourceRelation relation : relations) {
                String select = id == null
                        ? "%s AS record_file, %s AS record_row".formatted(relation.file(), relation.row())
                        : SourceRelation.id(source, id) + " AS record_id";
                String rows = relation.query(source, select);
                if (digested == null) {
                    digested = digesting.rows(columns(connection, rows));
                }
                String query = digested.query(rows);
                digested.collect(() -> count(connection, query));
            }
            return digested == null
                    ? new RowsDigest().text()
                    : digested.digest().text();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be read again", e), e);
        }
    }

    private static List<Column> columns(Connection connection, String rows) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet types = statement.executeQuery("DESCRIBE " + rows)) {
            while (types.next()) {
                String name = types.getString(1);
                if (!name.equals("nightshift_where")) {
                    columns.add(new Column(name, types.getString(2)));
                }
            }
        }
        return columns;
    }

    private static long count(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
