package io.nightshift.storage.database;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A server that accepts connections and never answers.
class SilentMariadbIT {

    private static DataSourceSettings settings(String url) {
        return new DataSourceSettings("db", url, "user", "password", 1);
    }

    @Test
    void aDatabaseThatNeverAnswersIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "jdbc:mariadb://localhost:%d/x?connectTimeout=500".formatted(silent.getLocalPort());
            assertThatThrownBy(() -> ReadConnections.open(settings(url), Duration.ZERO))
                    .isInstanceOf(FailureException.class)
                    .hasMessageStartingWith("data source db can't be reached: ");
        }
    }
}
