package io.nightshift.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.TestData;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

    private static final StructType FILES = new StructType()
            .add(
                    "add",
                    new StructType().add("path", StringType.STRING).add(new StructField("size", LongType.LONG, false)));

    @TempDir
    private Path folder = Path.of("");

    private TestData data;

    @BeforeEach
    void open() {
        data = new TestData(folder);
    }

    @AfterEach
    void close() {
        data.close();
    }

    /// @param size of file i, as SQL
    private CloseableIterator<FileReadResult> read(String name, String size) throws Exception {
        Path checkpoint = data.parquet(
                name, "SELECT {'path': 'f' || i, 'size': %s} AS add FROM range(3000) t(i)".formatted(size));
        FileStatus status = FileStatus.of(checkpoint.toString(), 1, 1);
        return new Checkpoints(new DiskFiles(FileRoots.UNRESTRICTED), () -> data.duckDb)
                .readParquetFiles(LogFolder.over(List.of(status, status).iterator()), FILES, Optional.empty());
    }

    @Test
    void everyActionOfEveryCheckpointIsReadOnce() throws Exception {
        List<Integer> blocks = new ArrayList<>();
        try (CloseableIterator<FileReadResult> results = read("whole.parquet", "i")) {
            while (results.hasNext()) {
                blocks.add(results.next().getData().getSize());
            }
        }

        assertThat(blocks).containsExactly(1024, 1024, 952, 1024, 1024, 952);
    }

    /// An action that can't be read is only met when its block is asked for.
    @Test
    void noMoreThanABlockIsInMemory() throws Exception {
        try (CloseableIterator<FileReadResult> results =
                read("damaged.parquet", "CASE WHEN i = 2000 THEN NULL ELSE i END")) {
            assertThat(results.next().getData().getSize()).isEqualTo(1024);

            assertThatThrownBy(results::next)
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("an action lacks the field size");
        }
    }
}
