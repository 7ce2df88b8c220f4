package io.nightshift.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How long to wait before asking again: twice as long from time to time, and not all clients at once.
final class Backoff {

    private static final Duration FIRST = Duration.ofMillis(250);

    private Backoff() {}

    /// @param number how often it was asked, from 1
    static Duration before(int number) {
        long most = FIRST.toMillis() << Math.min(number - 1, 6);
        return Duration.ofMillis(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
    }
}
