package io.nightshift.node.model;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The models that a node has loaded, each once.
public final class ModelCache {

    private final Map<ModelVersion, Model> loaded = new ConcurrentHashMap<>();
    private final ModelRegistry registry;

    /// @param registry of the models
    public ModelCache(ModelRegistry registry) {
        this.registry = registry;
    }

    /// The registry of the models.
    public ModelRegistry registry() {
        return registry;
    }

    /// Keeps a model that was loaded by other means.
    public void keep(ModelVersion version, Model model) {
        loaded.put(version, model);
    }

    public Model get(ModelVersion version) {
        return loaded.computeIfAbsent(version, wanted -> ModelFiles.load(registry.path(wanted)));
    }
}
