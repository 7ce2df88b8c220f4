package io.nightshift.storage.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.Tries;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConnectionsTest {

    @Test
    void theTriesToReachADatabaseAreOneWait() {
        Tries tries = new Tries("data source away");

        assertThatThrownBy(() -> Connections.connect(
                        () -> {
                            throw new SQLException("Connection refused", "08001");
                        },
                        "data source away",
                        Duration.ofMinutes(5),
                        tries))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("data source away can't be reached: ");
        assertThat(tries.failed()).isEqualTo(2);
    }
}
