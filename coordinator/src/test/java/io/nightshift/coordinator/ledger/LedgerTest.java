package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LedgerTest {

    @Test
    void aDatabaseThatIsAwayIsNoDamage() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Ledger ledger = new Ledger("jdbc:postgresql://localhost:%d/postgres".formatted(port), "nightshift", "");
        BatchId batch = new BatchId("flights-20261124t231425-0001");

        for (ThrowingCallable reading : List.<ThrowingCallable>of(
                () -> ledger.state(batch), () -> ledger.entries(batch), ledger::registerEvents)) {
            FailureException failure = catchThrowableOfType(FailureException.class, reading);
            assertThat(failure).hasMessageStartingWith("the ledger can't be read: Connection");
            assertThat(failure.failure().isPermanent()).isFalse();
        }
        assertThat(ledger.problem()).startsWith("the journal's database can't be reached");
    }
}
