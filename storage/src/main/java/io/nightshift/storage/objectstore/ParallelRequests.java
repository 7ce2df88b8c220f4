package io.nightshift.storage.objectstore;

import io.nightshift.storage.endpoint.EndpointUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Requests that don't depend on each other. How many of them are under way at a time is the [ObjectStore]'s
/// business.
public final class ParallelRequests {

    private ParallelRequests() {}

    /// Does something with each item, and waits for all of them. After the first failure, no further one
    /// begins.
    ///
    /// @throws RuntimeException the first failure
    public static <T> void run(Collection<T> items, Consumer<? super T> request) {
        if (items.size() == 1) {
            items.forEach(request);
            return;
        }
        try (EndpointUse _ = EndpointUse.begin();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (T item : items) {
                running.add(threads.submit(() -> request.accept(item)));
            }
            RuntimeException first = null;
            for (Future<?> future : running) {
                try {
                    future.get();
                } catch (ExecutionException e) {
                    if (first == null) {
                        first = e.getCause() instanceof RuntimeException known
                                ? known
                                : new IllegalStateException("a request ended unexpectedly", e.getCause());
                        running.forEach(other -> other.cancel(true));
                    }
                } catch (CancellationException _) {
                    // After a failure.
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    running.forEach(other -> other.cancel(true));
                }
            }
            if (first != null) {
                throw first;
            }
        }
    }
}
