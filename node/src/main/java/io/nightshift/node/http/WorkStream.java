package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// A long piece of work whose progress and result one client reads as events. The work begins with the stream. When
/// the client leaves, the work ends at its next event.
///
/// The work runs on one thread of an executor, and the server reads on its event loop.
final class WorkStream implements EventStream {

    /// The work of a stream.
    @FunctionalInterface
    interface Work {
        /// @param events gets the events
        /// @throws CancellationException if an event is sent after the client has left
        void run(WorkStream events);
    }

    /// The events that wait for the client. The work waits while there are so many.
    private static final int MOST_WAITING = 64;

    private final Queue<byte[]> events = new ArrayDeque<>();
    private final Runnable atEnd;
    private @Nullable CompletableFuture<Optional<byte[]>> waiting;
    private boolean hasEnded;
    private boolean isAbandoned;

    private WorkStream(Runnable atEnd) {
        this.atEnd = atEnd;
    }

    /// Begins the work.
    ///
    /// @param atEnd called once, when the work has ended
    static WorkStream begin(Executor executor, Work work, Runnable atEnd) {
        WorkStream stream = new WorkStream(atEnd);
        executor.execute(() -> stream.run(work));
        return stream;
    }

    private void run(Work work) {
        try {
            work.run(this);
        } catch (CancellationException e) {
            // The client has left.
        } catch (RuntimeException e) {
            offer(event("problem", ExaminationRoutes.problem(e).problem()));
        } finally {
            atEnd.run();
            end();
        }
    }

    /// Sends an event. Waits while the client has not read many events before.
    ///
    /// @param data a record of the API
    /// @throws CancellationException if the client has left
    void send(String name, Record data) {
        byte[] event = event(name, data);
        awaitRoom();
        if (!offer(event)) {
            throw new CancellationException("the client has left");
        }
    }

    private synchronized void awaitRoom() {
        try {
            while (!isAbandoned && events.size() >= MOST_WAITING) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    /// Sends an event, unless the client has not read the one before. Then a later one tells more.
    ///
    /// @param data a record of the API
    /// @throws CancellationException if the client has left
    void sendIfRead(String name, Record data) {
        if (isRead()) {
            send(name, data);
        }
    }

    private static byte[] event(String name, Record data) {
        return "event: %s\ndata: %s\n\n".formatted(name, ApiJson.write(data)).getBytes(StandardCharsets.UTF_8);
    }

    /// @return whether the client has read all events so far, or has left
    private synchronized boolean isRead() {
        return isAbandoned || events.isEmpty();
    }

    private synchronized boolean offer(byte[] event) {
        if (isAbandoned) {
            return false;
        }
        CompletableFuture<Optional<byte[]>> reader = waiting;
        waiting = null;
        if (reader == null) {
            events.add(event);
        } else {
            reader.complete(Optional.of(event));
        }
        return true;
    }

    private synchronized void end() {
        hasEnded = true;
        if (waiting != null) {
            waiting.complete(Optional.empty());
        }
    }

    @Override
    public synchronized CompletionStage<Optional<byte[]>> next() {
        byte[] event = events.poll();
        notifyAll();
        if (event != null || hasEnded) {
            return CompletableFuture.completedFuture(Optional.ofNullable(event));
        }
        CompletableFuture<Optional<byte[]>> reader = new CompletableFuture<>();
        waiting = reader;
        return reader;
    }

    @Override
    public synchronized void ended() {
        isAbandoned = true;
        events.clear();
        notifyAll();
    }
}
