package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

class RequestTriesTest {

    private static final RuntimeException SILENCE =
            new IllegalStateException(new UncheckedIOException(new SocketTimeoutException("Read timed out")));
    private static final RuntimeException ENDED = new UncheckedIOException(new SocketException("Connection reset"));

    private static int count(RuntimeException failure) {
        RequestTries tries = new RequestTries(1);
        int count = 1;
        while (tries.hasAnother(failure)) {
            count++;
        }
        return count;
    }

    /// A try without an answer takes 25 seconds.
    @Test
    void aStoreThatNeverAnswersIsTriedTwiceOnly() {
        assertThat(count(SILENCE)).isEqualTo(2);
        assertThat(count(ENDED)).isEqualTo(8);
    }

    @Test
    void progressForgetsTheTriesBefore() {
        RequestTries tries = new RequestTries(1);
        for (int i = 0; i < 5; i++) {
            assertThat(tries.hasAnother(SILENCE)).isTrue();
            tries.succeeded();
        }
    }
}
