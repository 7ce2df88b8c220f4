package io.nightshift.coordinator.actor;

import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Restarts a sharded entity after an exception of its own code, with a backoff that doubles.
///
/// Without it, the exception stops the entity, and its next message starts it again at once. An entity that gets
/// messages all the time, such as the heartbeats of workers, then reads its journal again and again.
public final class RestartBackoff {

    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /// After this time without an exception, the backoff begins anew.
    private static final Duration RESET = Duration.ofMinutes(10);

    private RestartBackoff() {}

    /// @param entity that is restarted. After the backoff, it gets the messages that arrived during the backoff
    public static <T> Behavior<T> supervise(Behavior<T> entity) {
        return Behaviors.supervise(entity)
                .onFailure(
                        Exception.class,
                        SupervisorStrategy.restartWithBackoff(FIRST, LONGEST, 0.2)
                                .withResetBackoffAfter(RESET));
    }
}
