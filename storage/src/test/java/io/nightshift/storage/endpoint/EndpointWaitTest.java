package io.nightshift.storage.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointWaitTest {

    private static List<String> longerThanFourSeconds(long now) {
        return EndpointWait.longerThan(Duration.ofSeconds(4), now).stream()
                .filter(endpoint -> endpoint.startsWith("test"))
                .toList();
    }

    private static long seconds(int seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void whatHasNotAnsweredForLongIsNamedOnceUntilItAnswers() {
        long before = System.nanoTime();
        try (EndpointWait one = EndpointWait.begin("test store");
                EndpointWait _ = EndpointWait.begin("test store")) {
            long begun = System.nanoTime();
            assertThat(longerThanFourSeconds(before + seconds(4))).isEmpty();
            assertThat(longerThanFourSeconds(begun + seconds(5))).containsExactly("test store");
            one.answered();
            assertThat(longerThanFourSeconds(begun + seconds(5))).contains("test store");
        }
        assertThat(longerThanFourSeconds(System.nanoTime() + seconds(60))).isEmpty();
    }

    @Test
    void anAnswerBeginsTheWaitAgain() {
        try (EndpointWait wait = EndpointWait.begin("test database")) {
            long begun = System.nanoTime();
            assertThat(longerThanFourSeconds(begun + seconds(5))).isNotEmpty();
            wait.answered();
            assertThat(longerThanFourSeconds(begun + seconds(4))).isEmpty();
        }
    }
}
