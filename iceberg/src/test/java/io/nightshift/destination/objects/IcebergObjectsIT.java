package io.nightshift.destination.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.testing.database.IcebergServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The contract for an Iceberg table in a real store.
class IcebergObjectsIT extends ObjectContract {

    private static final String TABLE = "db.scores";

    private final IcebergServer server = newServer();
    private @Nullable IcebergCatalogs reader;
    private @Nullable ObjectCopies direct;

    private IcebergServer newServer() {
        try {
            return new IcebergServer(lake.address("warehouse"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void stopServer() {
        if (reader != null) {
            reader.close();
        }
        if (direct != null) {
            direct.close();
        }
        server.close();
    }

    @Override
    protected String prefix() {
        return lake.address("warehouse/db/scores/nightshift");
    }

    @Override
    protected Destination destination() {
        return new IcebergDestination("lake", TABLE);
    }

    @Override
    protected DataSources dataSources() {
        return new DataSources(
                Map.of(),
                Map.of(
                        "lake",
                        new CatalogSettings.Rest("lake", server.uri(), null, IcebergServer.TOKEN, null, null, null)));
    }

    /// Lists of an empty store are empty, too.
    @Override
    protected List<Obstacle> absences() {
        return List.of(withoutBucket());
    }

    /// The catalog knows where the table is, so no later batch makes another one.
    @Override
    protected Optional<Step> moveAway() {
        return Optional.empty();
    }

    @Override
    protected String extension() {
        return ".parquet";
    }

    @Override
    protected String read(String files) {
        return "read_parquet(%s)".formatted(Sql.text(files));
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT parquet)".formatted(query, Sql.text(file.toString()));
    }

    private synchronized IcebergCatalogs reader() {
        IcebergCatalogs made =
                reader == null ? new IcebergCatalogs(dataSources(), FileRoots.UNRESTRICTED, direct().stores()) : reader;
        reader = made;
        return made;
    }

    private ObjectCopies direct() {
        ObjectCopies made = direct == null ? TestCopies.direct(lake, folder.resolve("direct")) : direct;
        direct = made;
        return made;
    }

    /// The files that a reader of the table finds.
    private List<String> files() throws IOException {
        Optional<TableOperations> table = reader().get("lake").find(TableIdentifier.parse(TABLE));
        List<String> files = new ArrayList<>();
        if (table.isPresent()) {
            try (CloseableIterable<FileScanTask> tasks = new BaseTable(table.get(), TABLE)
                    .newScan()
                    .filter(Expressions.equal("batch_id", ContractBatch.ID.value()))
                    .planFiles()) {
                tasks.forEach(task -> files.add(task.file().location()));
            }
        }
        return files;
    }

    @Override
    protected Seen seen() throws IOException {
        return files().isEmpty() ? NOTHING : super.seen();
    }

    @Test
    void theTableNamesTheObjects() throws Exception {
        publish();

        assertThat(files())
                .hasSize(ContractBatch.PARTITIONS)
                .allSatisfy(file -> assertThat(file).startsWith(prefix() + "/batch=" + ContractBatch.ID + "/part-"));
    }
}
