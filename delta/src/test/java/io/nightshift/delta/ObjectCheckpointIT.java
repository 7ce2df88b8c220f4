package io.nightshift.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.TestData;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.objectstore.TestStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints in a real store, which are copied before DuckDB reads them.
class ObjectCheckpointIT {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void noCopyIsLeftOfACheckpointThatCantBeRead() throws Exception {
        Path copied = folder.resolve("copies");
        try (TestData data = new TestData(folder);
                TestStore store = new TestStore();
                ObjectCopies copies = TestCopies.of(store, copied)) {
            store.server.put(store.bucket, "table/_delta_log/1.checkpoint.parquet", new byte[100]);
            FileStatus status = FileStatus.of(store.address("table/_delta_log/1.checkpoint.parquet"), 100, 1);
            List<Supplier<DuckDb>> each = List.of(() -> data.duckDb, () -> {
                throw FailureException.permanent("DuckDB can't be started");
            });
            for (Supplier<DuckDb> duckDb : each) {
                try (CloseableIterator<FileReadResult> results = new Checkpoints(new ObjectFiles(copies), duckDb)
                        .readParquetFiles(
                                LogFolder.over(List.of(status).iterator()), new StructType(), Optional.empty())) {
                    assertThatThrownBy(results::next).isInstanceOf(FailureException.class);
                }
                try (Stream<Path> files = Files.walk(copied)) {
                    assertThat(files.filter(Files::isRegularFile)
                                    .map(file -> file.getFileName().toString()))
                            .containsOnly("lock");
                }
            }
        }
    }
}
