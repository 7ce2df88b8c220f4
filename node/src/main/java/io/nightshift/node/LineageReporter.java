package io.nightshift.node;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.node.lineage.LineageSender;
import io.nightshift.node.lineage.LineageSettings;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says when lineage is sent: again and again by a node that runs on, or at the end of a process that ends with
/// its batch. Safe for several threads.
final class LineageReporter {

    private static final Logger LOG = LoggerFactory.getLogger(LineageReporter.class);

    private static final long POLL_NANOS = 100_000_000;

    private final LineageSender sender;
    private final Executor blocking;
    private final AtomicBoolean isBusy = new AtomicBoolean();

    /// @param descriptions describes a batch for the receiver
    /// @return null if no receiver is configured
    static @Nullable LineageReporter of(NodeParts parts, Function<Entry, BatchDescription> descriptions) {
        LineageSettings settings = parts.given().lineage();
        return settings == null
                ? null
                : new LineageReporter(
                        new LineageSender(
                                parts.given().ledger(),
                                settings,
                                parts.destinations(),
                                Objects.requireNonNullElse(Version.ofProgram(), "development"),
                                descriptions,
                                parts.blocking(),
                                InstantSource.system()),
                        parts.blocking());
    }

    /// @param sender used by this object only
    /// @param blocking runs what waits
    LineageReporter(LineageSender sender, Executor blocking) {
        this.sender = sender;
        this.blocking = blocking;
    }

    /// Takes note of the batches that are there, before others are submitted. Blocks.
    ///
    /// @throws FailureException transient, if the ledger can't be read
    void begin() {
        synchronized (sender) {
            sender.begin();
        }
    }

    /// Does the same on another thread.
    void prepare() {
        later(this::begin);
    }

    /// Sends what is due, on another thread, if that is not under way.
    void report() {
        later(this::send);
    }

    private void later(Runnable step) {
        if (isBusy.compareAndSet(false, true)) {
            blocking.execute(() -> {
                try {
                    step.run();
                } catch (FailureException e) {
                    LOG.warn("no lineage is sent now: {}", e.getMessage());
                } finally {
                    isBusy.set(false);
                }
            });
        }
    }

    /// Sends what is not sent yet. Blocks.
    ///
    /// @param limit the longest time
    /// @return whether the receiver knows all
    /// @throws FailureException transient, if the ledger can't be read
    boolean finish(Duration limit) {
        Instant end = Instant.now().plus(limit);
        while (!send()) {
            if (Instant.now().isAfter(end)) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    private boolean send() {
        synchronized (sender) {
            return sender.send();
        }
    }
}
