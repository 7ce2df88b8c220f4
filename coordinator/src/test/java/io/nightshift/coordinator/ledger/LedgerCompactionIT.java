package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How large the file of an embedded ledger is.
@Timeout(300)
class LedgerCompactionIT {

    private static final int EVENTS = 6_000;
    private static final int EVENT = 2_000;

    /// The bytes of the file that can't be used again, for each byte that the file would have if it was written at
    /// once.
    private static final double MOST = 3;

    private final SplittableRandom random = new SplittableRandom(1);
    private int written;

    @TempDir
    Path home = Path.of("");

    @Test
    void mostOfTheFileIsItsContentOrCanBeUsedAgain() throws Exception {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home);
                JournalWriter journal = JournalWriter.open(ledger.ledger())) {
            for (int i = 0; i < EVENTS; i++) {
                write(journal);
            }
            long content = content();
            // H2 frees space with a commit, a second after it was needed.
            await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
                write(journal);
                assertThat(used(ledger) / content).isLessThan(MOST);
            });
        }
    }

    /// The bytes of the file that hold data, or have held data that H2 keeps for a while.
    private double used(EmbeddedLedger ledger) throws IOException, SQLException {
        try (Connection connection = ledger.ledger().connect()) {
            return Files.size(file())
                    * (LedgerCompaction.store(connection).getFileStore().getFillRate() / 100.0);
        }
    }

    private Path file() {
        return home.resolve("ledger").resolve("ledger.mv.db");
    }

    /// An event in a commit of its own, as a batch writes them.
    private void write(JournalWriter journal) throws SQLException {
        byte[] event = new byte[EVENT];
        random.nextBytes(event);
        journal.write(new JournalRow("flights|" + written / 5, written % 5 + 1L, 1, "event", written, event));
        journal.commitPortion();
        written++;
    }

    /// The size of a copy that is written at once.
    private long content() throws IOException, SQLException {
        Path copy = Files.copy(file(), home.resolve("copy.mv.db"));
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + home.resolve("copy"), "nightshift", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN COMPACT");
        }
        return Files.size(copy);
    }
}
