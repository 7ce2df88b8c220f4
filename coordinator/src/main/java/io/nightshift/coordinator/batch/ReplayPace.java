package io.nightshift.coordinator.batch;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the recovery of an actor from reading its entries much faster than the actor applies them. Pekko sends
/// all of them to the actor at once: those of a batch with a million partitions would fill the memory.
///
/// It belongs to one actor, and is safe for several threads.
public final class ReplayPace implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplayPace.class);

    /// How many entries may wait for the actor. An entry with many commits has some 30 kB. Pekko's replay filter
    /// keeps 100 entries back until later ones come, so it must be more.
    static final int AHEAD = 300;

    /// An actor that has not applied an entry for so long is probably gone.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final ConcurrentMap<String, ReplayPace> PACES = new ConcurrentHashMap<>();

    private final String actor;
    private long sent;
    private long applied;
    private boolean isOff;
    private @Nullable CompletableFuture<Void> room;

    private ReplayPace(String actor) {
        this.actor = actor;
    }

    /// From now on, the recoveries of an actor have its pace.
    ///
    /// @param actor its persistence ID
    public static ReplayPace of(String actor) {
        ReplayPace pace = new ReplayPace(actor);
        ReplayPace earlier = PACES.put(actor, pace);
        if (earlier != null) {
            earlier.turnOff();
        }
        return pace;
    }

    /// A recovery begins. The journal calls this.
    ///
    /// @param actor its persistence ID
    /// @return null if its actor has none
    public static @Nullable ReplayPace begin(String actor) {
        ReplayPace pace = PACES.get(actor);
        if (pace != null) {
            pace.reset();
        }
        return pace;
    }

    private synchronized void reset() {
        sent = 0;
        applied = 0;
        isOff = false;
    }

    /// Comes before each entry of a recovery.
    ///
    /// @return is done when the entry may be sent
    public CompletionStage<Void> next() {
        CompletableFuture<Void> waited;
        synchronized (this) {
            sent++;
            if (isOff || sent - applied <= AHEAD) {
                return CompletableFuture.completedFuture(null);
            }
            waited = new CompletableFuture<>();
            room = waited;
        }
        return waited.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).exceptionally(_ -> {
            LOG.warn("{} applies no entries, so the rest is sent at once", actor);
            turnOff();
            return null;
        });
    }

    /// The actor has applied one more entry, or left it out.
    public void applied() {
        CompletableFuture<Void> waited;
        synchronized (this) {
            applied++;
            waited = sent - applied <= AHEAD ? room : null;
        }
        complete(waited);
    }

    /// Whether an actor's entries are no longer held back in its present recovery, or it has none.
    static boolean isOff(String actor) {
        ReplayPace pace = PACES.get(actor);
        if (pace == null) {
            return true;
        }
        synchronized (pace) {
            return pace.isOff;
        }
    }

    private void turnOff() {
        CompletableFuture<Void> waited;
        synchronized (this) {
            isOff = true;
            waited = room;
        }
        complete(waited);
    }

    private static void complete(@Nullable CompletableFuture<Void> waited) {
        if (waited != null) {
            waited.complete(null);
        }
    }

    /// The actor has stopped.
    @Override
    public void close() {
        PACES.remove(actor, this);
        turnOff();
    }
}
