package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;

/// The pauses between the tries of one request: each twice as long as the one before it, less a random part,
/// so that many nodes don't come back to a throttled store at the same moment. A store that accepts connections
/// and never answers is tried twice. For one thread.
final class RequestTries {

    private static final int TRIES = 8;
    private static final long LONGEST_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 100;

    /// The number of tries that end without an answer. Each takes long, and the caller must get the failure within
    /// a minute.
    private static final int SILENT_TRIES = 2;

    private final long firstMillis;
    private int failures;
    private int silences;

    /// @param firstMillis the first pause, in milliseconds
    RequestTries(long firstMillis) {
        this.firstMillis = firstMillis;
    }

    /// Whether there is another try after one more failure.
    ///
    /// @param failure of the last try
    boolean hasAnother(RuntimeException failure) {
        silences += isSilence(failure) ? 1 : 0;
        return ++failures < TRIES && silences < SILENT_TRIES;
    }

    private static boolean isSilence(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException
                    || cause instanceof HttpTimeoutException
                    || cause instanceof TimeoutException) {
                return true;
            }
        }
        return false;
    }

    /// Waits before the next try.
    ///
    /// @throws FailureException transient, if the caller gives up
    void pause(FetchControl control) {
        refuseIfCancelled(control);
        long full = Math.min(LONGEST_MILLIS, firstMillis << Math.min(failures - 1, 10));
        long end = System.nanoTime() + ThreadLocalRandom.current().nextLong(full / 2, full + 1) * 1_000_000L;
        try {
            while (System.nanoTime() < end) {
                refuseIfCancelled(control);
                Thread.sleep(Math.clamp((end - System.nanoTime()) / 1_000_000L, 1L, LOOK_MILLIS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("the fetch was interrupted"), e);
        }
    }

    /// The store works again.
    void succeeded() {
        failures = 0;
        silences = 0;
    }

    static void refuseIfCancelled(FetchControl control) {
        if (control.isCancelled()) {
            throw new FailureException(Failure.transientFailure("the fetch was cancelled"));
        }
    }
}
