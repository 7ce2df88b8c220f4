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

    /// The bytes of the file for each byte that it would have if it was written at once.
    private static final double MOST = 3;

    @TempDir
    Path home = Path.of("");

    @Test
    void theFileIsNotMuchLargerThanItsContent() throws Exception {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            write(ledger.ledger());
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !ledger.compaction().copy(70));
            long open = Files.size(file());
            assertThat((double) open / content()).isLessThan(MOST);
        }
    }

    private Path file() {
        return home.resolve("ledger").resolve("ledger.mv.db");
    }

    /// Each event in a commit of its own, as a batch writes them.
    private static void write(Ledger ledger) throws SQLException {
        SplittableRandom random = new SplittableRandom(1);
        try (JournalWriter journal = JournalWriter.open(ledger)) {
            for (int i = 0; i < EVENTS; i++) {
                byte[] event = new byte[EVENT];
                random.nextBytes(event);
                journal.write(new JournalRow("flights|" + i / 5, i % 5 + 1L, 1, "event", i, event));
                journal.commitPortion();
            }
        }
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
