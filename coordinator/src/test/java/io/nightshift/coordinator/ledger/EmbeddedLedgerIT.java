package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.io.NotSerializableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedLedgerIT {

    private static final BatchEvent SUBMITTED =
            new BatchEvent.Submitted(ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.job(), ExampleBatch.MODEL);

    @TempDir
    Path home = Path.of("");

    private List<BatchEvent> events() {
        List<BatchEvent> events = new ArrayList<>();
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            ledger.ledger().forEach(ExampleBatch.BATCH, (number, entry) -> events.add(entry.event()));
        }
        return events;
    }

    private void execute(String... statements) throws SQLException {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home);
                Connection connection = DriverManager.getConnection(
                        ledger.ledger().url(),
                        ledger.ledger().user(),
                        ledger.ledger().password());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    @Test
    void writtenEventsSurviveReopening() {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            JournalTableWriter.write(ledger.ledger(), ExampleBatch.BATCH, SUBMITTED);
        }

        assertThat(events()).containsExactly(SUBMITTED);
    }

    @Test
    void aLedgerThatACrashLeftUnfinishedIsCreatedAgain() throws Exception {
        Files.createDirectories(home.resolve("ledger"));
        Files.writeString(home.resolve("ledger/new.mv.db"), "H:2,block");

        assertThat(events()).isEmpty();

        assertThat(home.resolve("ledger/new.mv.db")).doesNotExist();
    }

    @Test
    void aLedgerOfALaterSchemaIsRefusedAndStays() throws SQLException {
        execute("UPDATE LEDGER_SCHEMA SET version = 2");

        assertThatThrownBy(() -> EmbeddedLedger.open(home))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("was written by a newer version of Nightshift");
        assertThatThrownBy(() -> EmbeddedLedger.open(home))
                .as("nobody holds it")
                .hasMessageContaining("newer");
    }

    @Test
    void aHomeIsOpenedOnce() {
        try (EmbeddedLedger first = EmbeddedLedger.open(home)) {
            assertThat(first.ledger().url()).contains("WRITE_DELAY=0");
            assertThatThrownBy(() -> EmbeddedLedger.open(home))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
        }
        assertThat(events()).isEmpty();
    }

    @Test
    void aHomeThatIsAFileIsRefusedByName() throws Exception {
        Path file = Files.writeString(home.resolve("file"), "");

        assertThatThrownBy(() -> EmbeddedLedger.open(file))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void aHomeThatTheDatabaseCanNotNameIsRefusedByName() {
        home = home.resolve("a;b");

        assertThatThrownBy(this::events)
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(home.toString())
                .hasMessageContaining("';'");
        assertThat(home).doesNotExist();
    }

    @Test
    void aHomeWithSpacesAndAccentsWorks() {
        home = home.resolve("Données du soir");

        assertThat(events()).isEmpty();
        assertThat(home.resolve("ledger/ledger.mv.db")).exists();
    }

    @Test
    void journalledEventsAreReadBack() throws Exception {
        LedgerSerializer serializer = new LedgerSerializer();
        LedgerEntry entry = LedgerEntry.after(LedgerEntry.origin(ExampleBatch.BATCH), SUBMITTED);
        BatchRegisterEvent opened = new BatchRegisterEvent.Opened(
                ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.submission(ExampleBatch.job()), null);

        LedgerEntry read = (LedgerEntry) serializer.fromBinary(serializer.toBinary(entry), serializer.manifest(entry));
        assertThat(read.hash()).isEqualTo(entry.hash());
        assertThat(read.bytes()).isEqualTo(entry.bytes());
        assertThat(serializer.fromBinary(serializer.toBinary(opened), serializer.manifest(opened)))
                .isEqualTo(opened);
    }

    @Test
    void bytesThatAreNotOfTheJournalAreRefused() {
        LedgerSerializer serializer = new LedgerSerializer();

        assertThatThrownBy(() -> serializer.fromBinary(new byte[32], "entry-1"))
                .isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(new byte[100], "register-1"))
                .isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(new byte[100], "entry-2"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("entry-2");
        assertThatThrownBy(() -> serializer.manifest("text")).isInstanceOf(IllegalArgumentException.class);
    }
}
