package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The ledger after a real process was killed.
@Timeout(600)
class KilledProcessIT {

    /// Kills of each test. `-Dnightshift.kill.rounds=50` kills as often as it takes to find what is rare.
    private static final int ROUNDS = Integer.getInteger("nightshift.kill.rounds", 2);

    @TempDir
    Path home = Path.of("");

    @Test
    void noAcknowledgedCommitIsLostByAKillAndNoneIsScoredAgain() throws Exception {
        killAgainAndAgain();
    }

    /// As in a ledger older than the 45 seconds for which H2 keeps what it no longer needs.
    @Test
    void noAcknowledgedCommitIsLostWhereTheFileReusesItsSpace() throws Exception {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home);
                Connection connection = ledger.ledger().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SET RETENTION_TIME 0");
        }
        killAgainAndAgain();
    }

    private void killAgainAndAgain() throws Exception {
        Random random = new Random(7);
        Set<Integer> acknowledged = new HashSet<>();
        for (int round = 0; round < ROUNDS; round++) {
            Process process = CommittingProcess.start(home);
            try (BufferedReader out = process.inputReader()) {
                for (int left = 1 + random.nextInt(40); left > 0; left--) {
                    int partition = Integer.parseInt(read(out));
                    assertThat(acknowledged.add(partition))
                            .as("partition %d is scored once", partition)
                            .isTrue();
                }
                // Through the handle: what it had printed before it died can still be read, and counts.
                process.toHandle().destroyForcibly();
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    acknowledged.add(Integer.parseInt(line));
                }
                process.waitFor();
            }
            assertThat(committed()).as("round %d", round).containsAll(acknowledged);
        }
    }

    @Test
    void aHomeIsRefusedWhileANamedProcessUsesIt() throws Exception {
        Process process = CommittingProcess.start(home);
        try (BufferedReader out = process.inputReader()) {
            read(out);
            assertThatThrownBy(() -> EmbeddedLedger.open(home))
                    .isInstanceOf(FailureException.class)
                    .message()
                    .matches("process %d \\([^()]+, since 20\\S+Z\\) is using %s\\. Wait for it .*, stop it, .*"
                            .formatted(process.pid(), home));
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(committed()).isNotEmpty();
    }

    private static String read(BufferedReader out) throws IOException {
        String line = out.readLine();
        return line == null ? "the process has ended" : line;
    }

    /// The whole ledger is folded, so a broken chain or a double commit fails too.
    private Set<Integer> committed() {
        BatchId batch = new BatchId(CommittingProcess.BATCH);
        Set<Integer> committed = new HashSet<>();
        BatchState[] state = {BatchState.initial(batch)};
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            ledger.ledger().forEach(batch, (number, entry) -> {
                state[0] = state[0].apply(entry);
                if (entry.event() instanceof BatchEvent.Committed event) {
                    event.commits().stream().map(PartitionCommit::partition).forEach(committed::add);
                }
            });
        }
        return committed;
    }
}
