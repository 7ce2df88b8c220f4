package io.nightshift.redis;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SilentRedisIT {

    @Test
    void aServerThatNeverAnswersIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            DataSourceSettings settings = new DataSourceSettings(
                    "cache", "redis://localhost:%d/0".formatted(silent.getLocalPort()), null, null, 1);

            assertThatThrownBy(() -> RedisConnection.open(settings, "a test", Duration.ZERO, () -> false, 200))
                    .isInstanceOf(FailureException.class)
                    .hasMessageStartingWith("a test: data source cache can't be reached: ");
        }
    }
}
