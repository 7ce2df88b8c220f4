package io.nightshift.node.model;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The models that a node has loaded, each once.
///
/// The cache keeps the models that were used last, up to a limit of bytes, and at least the last one. A model
/// that has left the cache stays in memory while an attempt scores with it, and is not loaded again for another
/// attempt meanwhile.
///
/// Safe for several threads. Loading one model does not delay another one.
public final class ModelCache {

    /// Models are on the Java heap. The rest of the heap is for the models in use and for all other data.
    private static final int SHARE_OF_HEAP = 4;

    private final ModelRegistry registry;
    private final Function<ModelVersion, Model> loader;
    private final long limit;

    /// The model that was used least recently comes first.
    private final SequencedMap<ModelVersion, Model> kept = new LinkedHashMap<>();

    /// The bytes of the models in [#kept].
    private long bytes;

    /// All models in memory, including those that only their users keep.
    private final Map<ModelVersion, WeakReference<Model>> loaded = new HashMap<>();

    private final Map<ModelVersion, CompletableFuture<Model>> loading = new HashMap<>();

    /// A cache of a quarter of the Java heap.
    ///
    /// @param registry of the models
    public ModelCache(ModelRegistry registry) {
        this(
                registry,
                version -> ModelFiles.load(registry.path(version)),
                Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    /// @param loader loads a model
    /// @param limit of the models that nobody uses, in bytes
    ModelCache(ModelRegistry registry, Function<ModelVersion, Model> loader, long limit) {
        this.registry = registry;
        this.loader = loader;
        this.limit = limit;
    }

    /// The registry of the models.
    public ModelRegistry registry() {
        return registry;
    }

    /// Keeps a model that was loaded by other means.
    public synchronized void keep(ModelVersion version, Model model) {
        Model before = kept.remove(version);
        bytes += model.heapBytes() - (before == null ? 0 : before.heapBytes());
        kept.putLast(version, model);
        loaded.put(version, new WeakReference<>(model));
        while (bytes > limit && kept.size() > 1) {
            Map.Entry<ModelVersion, Model> oldest = kept.firstEntry();
            kept.remove(oldest.getKey());
            bytes -= oldest.getValue().heapBytes();
        }
        loaded.values().removeIf(reference -> reference.refersTo(null));
    }

    /// A model, which is loaded if it is not in memory.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if it can't be loaded
    public Model get(ModelVersion version) {
        CompletableFuture<Model> mine = new CompletableFuture<>();
        CompletableFuture<Model> other;
        synchronized (this) {
            Model known = inMemory(version);
            if (known != null) {
                keep(version, known);
                return known;
            }
            other = loading.putIfAbsent(version, mine);
        }
        return other == null ? load(version, mine) : loadedBy(other);
    }

    /// The bytes of the models that the cache keeps, without those that only their users keep.
    synchronized long keptBytes() {
        return bytes;
    }

    private @Nullable Model inMemory(ModelVersion version) {
        WeakReference<Model> reference = loaded.get(version);
        return reference == null ? null : reference.get();
    }

    private Model load(ModelVersion version, CompletableFuture<Model> result) {
        try {
            Model model = loader.apply(version);
            keep(version, model);
            result.complete(model);
            return model;
        } catch (Throwable problem) {
            result.completeExceptionally(problem);
            throw problem;
        } finally {
            synchronized (this) {
                loading.remove(version);
            }
        }
    }

    /// The model that another thread loads, or its failure.
    private static Model loadedBy(CompletableFuture<Model> other) {
        try {
            return other.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error error -> throw error;
                case null, default -> throw e;
            }
        }
    }
}
