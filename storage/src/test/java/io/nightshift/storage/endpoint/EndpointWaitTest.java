package io.nightshift.storage.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EndpointWaitTest {

    private long now = 1;

    @BeforeEach
    void stopTheClock() {
        EndpointWait.nanoTime = () -> now;
    }

    @AfterEach
    void startTheClock() {
        EndpointWait.nanoTime = System::nanoTime;
    }

    private List<String> afterSeconds(long seconds) {
        now += seconds * 1_000_000_000L;
        return EndpointWait.longerThan(Duration.ofSeconds(4)).stream()
                .filter(endpoint -> endpoint.startsWith("test"))
                .toList();
    }

    @Test
    void whatHasNotAnsweredForLongIsNamedOnceUntilItAnswers() {
        try (EndpointWait one = EndpointWait.begin("test store");
                EndpointWait _ = EndpointWait.begin("test store")) {
            assertThat(afterSeconds(4)).isEmpty();
            assertThat(afterSeconds(1)).containsExactly("test store");
            one.answered();
            assertThat(afterSeconds(0)).containsExactly("test store");
        }
        assertThat(afterSeconds(60)).isEmpty();
    }

    @Test
    void anAnswerBeginsTheWaitAgain() {
        try (EndpointWait wait = EndpointWait.begin("test database")) {
            assertThat(afterSeconds(5)).isNotEmpty();
            wait.answered();
            assertThat(afterSeconds(3)).isEmpty();
        }
    }
}
