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

    private final Map<K, CompletableFuture<V>> running = new ConcurrentHashMap<>();
    private final Function<K, V> read;
    private final Executor executor;

    /// @param executor runs the reads
    SharedReads(Function<K, V> read, Executor executor) {
        this.read = read;
        this.executor = executor;
    }

    /// @return fails as the read does
    CompletableFuture<V> get(K key) {
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
