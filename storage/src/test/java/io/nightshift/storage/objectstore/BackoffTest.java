package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final RuntimeException SILENCE =
            new IllegalStateException(new UncheckedIOException(new SocketTimeoutException("Read timed out")));
    private static final RuntimeException ENDED = new UncheckedIOException(new SocketException("Connection reset"));

    private static int tries(RuntimeException failure) {
        Backoff backoff = new Backoff(1);
        int tries = 1;
        while (backoff.hasAnother(failure)) {
            tries++;
        }
        return tries;
    }

    /// A try without an answer takes 25 seconds.
    @Test
    void aStoreThatNeverAnswersIsTriedTwiceOnly() {
        assertThat(tries(SILENCE)).isEqualTo(2);
        assertThat(tries(ENDED)).isEqualTo(8);
    }

    @Test
    void progressForgetsTheTriesBefore() {
        Backoff backoff = new Backoff(1);
        for (int i = 0; i < 5; i++) {
            assertThat(backoff.hasAnother(SILENCE)).isTrue();
            backoff.succeeded();
        }
    }
}
