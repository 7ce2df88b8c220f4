package io.nightshift.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// The wait before a retry: exponential back-off with jitter, so that the clients of a node that was away
/// don't all return at the same moment. For implementations of [NightshiftClient].
public final class Backoff {

    private static final Duration FIRST = Duration.ofMillis(250);

    private Backoff() {}

    /// A random wait. Its upper bound is 250 ms after the first attempt and doubles with each attempt, up to
    /// 16 s. Its lower bound is half of that.
    ///
    /// @param attempts number of attempts that have failed, from 1
    public static Duration after(int attempts) {
        long most = FIRST.toMillis() << Math.min(attempts - 1, 6);
        return Duration.ofMillis(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
    }
}
