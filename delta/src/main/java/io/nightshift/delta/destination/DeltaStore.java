package io.nightshift.delta.destination;

import io.nightshift.delta.TableSchemas;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.PartReuse;
import io.nightshift.destination.lake.LakeStore;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A destination that is a Delta Lake table. The files of its batches don't name their batch; the log of the table
/// does.
public final class DeltaStore extends LakeStore<DeltaColumns, PartStatistics> implements PartReuse {

    private final DeltaDestination destination;

    /// @param duckDb opened when first needed
    /// @param roots of the folders that tables may be in
    /// @param copies of objects, with the stores that tables may be in
    /// @param schemas of the node
    public DeltaStore(
            DeltaDestination destination,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            FileRoots roots,
            ObjectCopies copies,
            TableSchemas schemas) {
        super(
                destination,
                destination.table(),
                "Delta",
                new DeltaTable(destination.table(), duckDb, roots, copies, schemas),
                duckDb,
                sources,
                roots,
                copies);
        this.destination = destination;
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(Dataset.ofFiles(destination.table()));
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        files().reuse(published, batch, parts);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        FirstRows inFiles = super.head(batch, published, limit);
        if (inFiles.columns().isEmpty()) {
            return inFiles;
        }
        // The time of the prediction comes last.
        int place = inFiles.columns().size() - 1;
        List<String> columns = new ArrayList<>(inFiles.columns());
        columns.add(place, DeltaColumns.BATCH);
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (List<@Nullable Object> row : inFiles.rows()) {
            List<@Nullable Object> whole = new ArrayList<>(row);
            whole.add(place, batch.value());
            rows.add(whole);
        }
        return FirstRows.of(columns, rows);
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        String inFiles = name + " in files";
        super.open(batch, published, connection, inFiles);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP VIEW %s AS SELECT *, %s AS %s FROM %s"
                    .formatted(Sql.name(name), Sql.text(batch.value()), DeltaColumns.BATCH, Sql.name(inFiles)));
        } catch (SQLException e) {
            throw new FailureException(
                    Failure.permanent("the predictions of %s can't be read: %s".formatted(batch, e.getMessage())), e);
        }
    }
}
