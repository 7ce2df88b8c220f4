package io.nightshift.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.endpoint.Tries;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RedisConnectionTest {

    @Test
    void theWaitForAServerThatIsAwayIsOneWaitHoweverManyTriesItTakes() throws IOException {
        DataSourceSettings settings =
                new DataSourceSettings("away", "redis://localhost:%d/0".formatted(FreePort.any()), null, null, 1);
        Tries tries = new Tries(settings.toString());

        assertThatThrownBy(() -> RedisConnection.open(settings, "a test", Duration.ofMinutes(5), tries))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("a test: data source away can't be reached: ");
        assertThat(tries.failed()).isEqualTo(2);
    }
}
