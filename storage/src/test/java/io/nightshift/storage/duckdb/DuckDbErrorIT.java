package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A query that needs temporary files, on a node whose folder for them fails.
final class DuckDbErrorIT {

    @TempDir
    private Path folder = Path.of("");

    /// The failure of a query that sorts more than fits into memory.
    private static Failure spilled(Path spill) throws SQLException {
        try (DuckDb duckDb = DuckDb.open(32L << 20, spill);
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            SQLException error = catchThrowableOfType(
                    SQLException.class,
                    () -> statement.execute(
                            "CREATE TABLE t AS SELECT range, hash(range), hash(range + 1) FROM range(20_000_000) ORDER BY 2"));
            assertThat((Throwable) error).isNotNull();
            return DuckDbError.failure("partition 7", error);
        }
    }

    private static void assertIsOfScratch(Failure failure) {
        assertThat(failure.resource())
                .as(failure.message())
                .extracting(FailedResource::type)
                .isEqualTo(FailedResource.Type.SCRATCH);
    }

    @Test
    void aFolderForTemporaryFilesThatCannotBeMadeIsTheNodesFault() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        Failure failure = spilled(file.resolve("spill"));

        assertIsOfScratch(failure);
    }

    @Test
    void aFullFolderForTemporaryFilesIsTheNodesFault() throws Exception {
        Path spill = Files.createDirectory(folder.resolve("spill"));
        assumeThat(status("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", spill.toString()))
                .as("may mount a file system")
                .isZero();
        try {
            Failure failure = spilled(spill);

            assertIsOfScratch(failure);
        } finally {
            status("umount", spill.toString());
        }
    }

    private static int status(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }
}
