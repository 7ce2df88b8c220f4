package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.TestData;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A folder for Parquet files, and a reader that inspects them.
abstract class ParquetReaderFixture {

    static final String ROWS = "SELECT i AS f0, 'n' || i AS name, hash(i) % 1000 AS noise FROM range(5000) t(i)";

    TestData node;
    Path folder;
    ParquetReader inspector;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = TestData.shared(temp);
        folder = temp.resolve("in");
        inspector = new ParquetReader(() -> node.duckDb, new SourceFiles(FileRoots.UNRESTRICTED));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    final List<InspectedFile> inspect(Job job) {
        return inspector.inspect(job, TestModels.ofNumbers(1));
    }

    final void assertRefused(Job job, String... message) {
        assertRefused(job, TestModels.ofNumbers(1), message);
    }

    final void assertRefused(Job job, ModelDescription model, String... message) {
        assertThatThrownBy(() -> inspector.inspect(job, model)).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).isTrue();
            assertThat(e.getMessage()).contains(message).doesNotContain("\n");
        });
    }

    /// Refused as the input is now. A run waits, and a person is told at once.
    final void assertMissing(Job job, String... message) {
        assertThatThrownBy(() -> inspector.inspect(job, TestModels.ofNumbers(1)))
                .isInstanceOfSatisfying(FailureException.class, e -> {
                    assertThat(Objects.requireNonNull(e.failure().resource()).type())
                            .isEqualTo(FailedResource.Type.INPUT);
                    assertThat(e.getMessage()).contains(message).doesNotContain("\n");
                });
    }
}
