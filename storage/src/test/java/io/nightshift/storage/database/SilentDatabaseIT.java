package io.nightshift.storage.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A server that accepts connections and never answers.
class SilentDatabaseIT {

    private static DataSourceSettings settings(String url) {
        return new DataSourceSettings("db", url, "user", "password", 1);
    }

    @Test
    void aDatabaseThatNeverAnswersIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "jdbc:postgresql://localhost:%d/x?loginTimeout=1".formatted(silent.getLocalPort());
            assertThatThrownBy(() -> ReadConnections.open(settings(url), Duration.ZERO))
                    .isInstanceOf(FailureException.class)
                    .hasMessageStartingWith("data source db can't be reached: ");
        }
    }

    /// Together with the patience of those who connect, less than a minute.
    @Test
    void theTimeLimitsOfAConnectionAreShort() {
        assertThat(Connections.properties(settings("jdbc:postgresql://localhost/x"), 3600))
                .containsEntry("loginTimeout", "20")
                .containsEntry("connectTimeout", "10");
        assertThat(Connections.properties(settings("jdbc:mariadb://localhost/x"), 3600))
                .containsEntry("connectTimeout", "10000");
    }
}
