package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ObjLongConsumer;

/// A ledger in a file of [RecordingFilePath], and what is left of it after a power cut at any moment. One at a
/// time.
public final class RecordedLedger implements AutoCloseable {

    private static final int TRIES = 2;

    private final byte[] before;
    private final EmbeddedLedger ledger;

    /// Creates the ledger of a home that has none.
    public RecordedLedger(Path home) throws IOException {
        EmbeddedLedger.open(home).close();
        before = RecordingFilePath.begin(file(home));
        ledger = EmbeddedLedger.open(
                home,
                holder -> {
                    throw new AssertionError(holder);
                },
                RecordingFilePath.PREFIX);
    }

    private static Path file(Path home) {
        return home.resolve("ledger").resolve("ledger.mv.db");
    }

    public EmbeddedLedger ledger() {
        return ledger;
    }

    /// Copies the needed pages from chunks that have others, too. Fails if there are none.
    ///
    /// Tries again for a while, since H2 copies nothing if it waits more than 10 ms for another commit.
    public void compact() {
        await().atMost(Duration.ofMinutes(2)).until(() -> ledger.compaction().copy(100));
    }

    /// Records that someone was told of all events that the batch has now.
    public void acknowledged(BatchId batch) {
        RecordingFilePath.record(new FileOperation.Acknowledge(ledger.ledger().entries(batch)));
    }

    /// Cuts the power after each operation since the ledger was created, several times with other losses.
    ///
    /// @param check called with each ledger that is left, and the number of events acknowledged before
    /// @return the number of power cuts
    public int cutEverywhere(Path folder, ObjLongConsumer<Ledger> check) throws IOException {
        List<FileOperation> operations = RecordingFilePath.operations();
        PowerCut disk = new PowerCut(before);
        long acknowledged = 0;
        int cuts = 0;
        for (FileOperation operation : operations) {
            disk.apply(operation);
            if (operation instanceof FileOperation.Acknowledge(long events)) {
                acknowledged = events;
                continue;
            }
            for (int i = 0; i < TRIES; i++) {
                Path left = folder.resolve("cut-" + cuts);
                Files.createDirectories(left.resolve("ledger"));
                Files.write(file(left), disk.image(i == 0 ? null : new SplittableRandom(cuts)));
                check(left, check, acknowledged);
                Files.delete(file(left));
                cuts++;
            }
        }
        return cuts;
    }

    /// Opens the file without forcing what H2 writes, which would take most of the time.
    private static void check(Path left, ObjLongConsumer<Ledger> check, long acknowledged) {
        Ledger reopened = new Ledger("jdbc:h2:file:" + left.resolve("ledger").resolve("ledger"), "nightshift", "");
        try (Connection keepOpen = reopened.connect()) {
            assertThat(keepOpen.isValid(0)).isTrue();
            check.accept(reopened, acknowledged);
        } catch (SQLException e) {
            throw new AssertionError("the ledger can't be opened", e);
        }
    }

    @Override
    public void close() {
        ledger.close();
    }
}
