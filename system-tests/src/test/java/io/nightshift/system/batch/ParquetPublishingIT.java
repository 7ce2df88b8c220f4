package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetPublishingIT {

    @TempDir
    Path folder = Path.of("");

    /// Flight 99 has no delay, so it is quarantined.
    @Test
    void anIdThatAQuarantinedRowRepeatsIsRefusedIfIdsMustBeUnique() throws Exception {
        try (TestBatch input = TestBatch.submitted(folder, "0000")) {
            input.rewrite(
                    folder.resolve("input/flights-1.parquet"),
                    "SELECT * REPLACE (CASE WHEN flight_id = 1500 THEN 99 ELSE flight_id END AS flight_id) FROM rows");
        }
        try (TestBatch batch = TestBatch.committed(folder, "0001", "id: flight_id", "unique-id: true")) {
            assertThatThrownBy(batch::publish)
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("the column flight_id is not unique")
                    .hasMessageContaining("99 × 2");
            assertThat(batch.destination()).doesNotExist();
        }
    }

    @Test
    void stagedOutputIsRemovedThoughALateWorkerIsStillWriting() throws Exception {
        try (TestBatch batch = TestBatch.submitted(folder, "0001")) {
            DestinationStore store = new Destinations(
                            () -> {
                                throw new AssertionError("nothing is looked at");
                            },
                            DataSources.NONE)
                    .of(batch.job);
            for (int round = 0; round < 50; round++) {
                store.prepare(batch.id, batch.job, TestBatch.DESCRIPTION);
                Path attempts = batch.folders().attempts();
                Thread worker = Thread.ofPlatform().start(() -> write(attempts));
                store.discard(batch.id);
                assertThat(batch.folders().staged()).doesNotExist();
                worker.join();
            }
        }
    }

    /// Stages files and deletes them again, until the folder is gone.
    private static void write(Path attempts) {
        try {
            for (int i = 0; ; i++) {
                Path file = Files.createFile(attempts.resolve(i % 5 + ".staged"));
                Thread.onSpinWait();
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            assertThat(attempts).doesNotExist();
        }
    }
}
