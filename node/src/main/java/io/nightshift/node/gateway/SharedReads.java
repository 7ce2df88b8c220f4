package io.nightshift.node.gateway;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/// Reads each thing only once at a time. A caller who asks for something that is already being read gets the result
/// of that read. So many callers need no more threads than one. Safe for several threads.
///
/// @param <K> what is read
/// @param <V> the result
final class SharedReads<K, V> {

    private static final int RETRY_SECONDS = 1;

    private final Map<K, CompletableFuture<V>> running = new ConcurrentHashMap<>();
    private final Function<K, V> read;
    private final Executor executor;
    private final int most;

    /// @param executor runs the reads
    SharedReads(Function<K, V> read, Executor executor) {
        this(read, executor, Integer.MAX_VALUE);
    }

    /// @param most the approximate number of things that are read at the same time
    SharedReads(Function<K, V> read, Executor executor, int most) {
        this.read = read;
        this.executor = executor;
        this.most = most;
    }

    /// @return fails as the read does; with a [ProblemException], if too many things are being read
    CompletableFuture<V> get(K key) {
        if (running.size() >= most && !running.containsKey(key)) {
            return CompletableFuture.failedFuture(ProblemException.tooMany(
                    "The node answers %d requests of this kind already, which is its limit. Send the request later, or to another node."
                            .formatted(most),
                    RETRY_SECONDS));
        }
        CompletableFuture<V> result = new CompletableFuture<>();
        CompletableFuture<V> other = running.putIfAbsent(key, result);
        if (other != null) {
            return other.copy();
        }
        try {
            executor.execute(() -> read(key, result));
        } catch (RejectedExecutionException e) {
            running.remove(key);
            result.completeExceptionally(e);
        }
        return result.copy();
    }

    private void read(K key, CompletableFuture<V> result) {
        try {
            V value = read.apply(key);
            running.remove(key);
            result.complete(value);
        } catch (RuntimeException | Error e) {
            running.remove(key);
            result.completeExceptionally(e);
        }
    }
}
