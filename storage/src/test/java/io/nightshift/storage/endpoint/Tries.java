package io.nightshift.storage.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Asks whether to stop connecting to an endpoint that is away: it is asked after each try that failed. Stops after
/// the second try. Checks that the wait that is reported has begun before the first one.
public final class Tries implements BooleanSupplier {

    private final String endpoint;
    private int failed;
    private long first;

    public Tries(String endpoint) {
        this.endpoint = endpoint;
    }

    /// How many tries have failed.
    public int failed() {
        return failed;
    }

    @Override
    public boolean getAsBoolean() {
        failed++;
        if (failed == 1) {
            first = System.nanoTime();
            // The pause before the next try ends at once.
            Thread.currentThread().interrupt();
            return false;
        }
        assertThat(Thread.interrupted()).isTrue();
        Duration sinceTheFirst = Duration.ofNanos(System.nanoTime() - first);
        assertThat(EndpointWait.longerThan(sinceTheFirst)).contains(endpoint);
        return true;
    }
}
