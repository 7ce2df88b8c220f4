package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedLedgerIT {

    private static final BatchEvent SUBMITTED =
            new BatchEvent.Submitted(ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.job(), ExampleBatch.MODEL, null);

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
    void aThreadThatIsInterruptedWhileItWritesDoesNotCloseTheFile() throws Exception {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home);
                Connection connection = ledger.ledger().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE written (number INT)");
            for (int number = 0; number < 20; number++) {
                Thread.currentThread().interrupt();
                statement.execute("INSERT INTO written VALUES (%d)".formatted(number));
            }
            Thread.interrupted();
            assertThat(statement.executeLargeUpdate("DELETE FROM written")).isEqualTo(20);
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
    void noRecordOfAnEntryIsAheadOfTheFile() throws Exception {
        Path other = home.resolve("other");
        Files.createDirectories(other.resolve("ledger"));
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            Ledger opened = ledger.ledger();
            String delayed = opened.url().replace("WRITE_DELAY=0", "WRITE_DELAY=3600000");
            JournalTableWriter.write(
                    new Ledger(delayed, opened.user(), opened.password()), ExampleBatch.BATCH, SUBMITTED);

            ledger.recordEntries();

            Files.copy(home.resolve("home.json"), other.resolve("home.json"));
            Files.copy(home.resolve("ledger/ledger.mv.db"), other.resolve("ledger/ledger.mv.db"));
        }

        home = other;
        assertThat(events()).containsExactly(SUBMITTED);
    }

    @Nested
    class ALostLedger {

        private Path file;
        private Path olderCopy;

        @BeforeEach
        void aLedgerWithTwoEntries() throws IOException {
            file = home.resolve("ledger/ledger.mv.db");
            olderCopy = home.resolve("copy");
            try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
                state = JournalTableWriter.write(ledger.ledger(), ExampleBatch.BATCH, SUBMITTED);
            }
            Files.copy(file, olderCopy);
            try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
                JournalTableWriter.write(ledger.ledger(), state, new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"));
                ledger.recordEntries();
            }
        }

        private BatchState state;

        private void assertRefused(String sentence) throws IOException {
            byte[] before = Files.exists(file) ? Files.readAllBytes(file) : null;
            assertThatThrownBy(() -> EmbeddedLedger.open(home))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("the ledger of " + home)
                    .hasMessageContaining(sentence)
                    .hasMessageContaining("nightshift ledger import");
            assertThat(Files.exists(file) ? Files.readAllBytes(file) : null)
                    .as("it stays")
                    .isEqualTo(before);
        }

        @Test
        void isNotTakenForANewHomeIfItsFileIsGone() throws IOException {
            Files.delete(file);
            assertRefused("is gone");
        }

        @Test
        void isNotTakenForANewHomeIfItsFileIsEmpty() throws IOException {
            Files.write(file, new byte[0]);
            assertRefused("is empty");
        }

        @Test
        void isNotTakenForANewHomeIfItsFileHoldsNoTables() throws IOException, SQLException {
            Files.delete(file);
            DriverManager.getConnection("jdbc:h2:file:" + home.resolve("ledger/ledger"), "nightshift", "")
                    .close();
            assertThatThrownBy(() -> EmbeddedLedger.open(home))
                    .hasMessageContaining("is empty: its file has no tables");
        }

        @Test
        void isRefusedIfItsFileIsNoDatabase() throws IOException {
            Files.writeString(file, "x".repeat(20_000));
            assertRefused("is damaged and can't be opened");
        }

        @Test
        void isRefusedIfAnOlderCopyStandsInItsPlace() throws IOException {
            Files.copy(olderCopy, file, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> EmbeddedLedger.open(home))
                    .hasMessageContaining("ends with entry 1, but it had entry 2 before");
        }

        @Test
        void isRefusedIfTheLedgerOfAnotherHomeStandsInItsPlace() throws IOException {
            Path other = home.resolve("other");
            EmbeddedLedger.open(other).close();
            Files.copy(other.resolve("ledger/ledger.mv.db"), file, StandardCopyOption.REPLACE_EXISTING);
            assertThatThrownBy(() -> EmbeddedLedger.open(home)).hasMessageContaining("belongs to another home folder");
        }

        @Test
        void isGivenUpByDeletingWhatTheHomeKnowsOfIt() throws IOException {
            Files.delete(file);
            Files.delete(home.resolve("home.json"));

            assertThat(events()).isEmpty();
        }
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
                ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.submission(ExampleBatch.job()), null, "nightly");

        LedgerEntry read = (LedgerEntry) serializer.fromBinary(serializer.toBinary(entry), serializer.manifest(entry));
        assertThat(read.hash()).isEqualTo(entry.hash());
        assertThat(read.bytes()).isEqualTo(entry.bytes());
        assertThat(serializer.fromBinary(serializer.toBinary(opened), serializer.manifest(opened)))
                .isEqualTo(opened);
    }

    @Test
    void bytesThatAreNotOfTheJournalAreReadAsUnreadable() {
        LedgerSerializer serializer = new LedgerSerializer();

        assertThat(serializer.fromBinary(new byte[32], "entry-1")).isInstanceOf(UnreadableEntry.class);
        assertThat(serializer.fromBinary(new byte[100], "register-1")).isInstanceOf(UnreadableEntry.class);
        assertThat(serializer.fromBinary(new byte[100], "entry-2"))
                .isInstanceOfSatisfying(
                        UnreadableEntry.class,
                        unreadable -> assertThat(unreadable.problem()).contains("entry-2"));
        assertThatThrownBy(() -> serializer.manifest("text")).isInstanceOf(IllegalArgumentException.class);
    }
}
