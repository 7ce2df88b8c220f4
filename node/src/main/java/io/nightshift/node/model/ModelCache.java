package io.nightshift.node.model;

import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// The models that a node has loaded, each once.
public final class ModelCache {

    private final Map<ModelVersion, Model> loaded = new ConcurrentHashMap<>();
    private final Function<ModelVersion, Path> files;

    /// @param files where a version's file is, its checksum verified
    public ModelCache(Function<ModelVersion, Path> files) {
        this.files = files;
    }

    /// Keeps a model that was loaded by other means.
    public void keep(ModelVersion version, Model model) {
        loaded.put(version, model);
    }

    public Model get(ModelVersion version) {
        return loaded.computeIfAbsent(version, wanted -> ModelFiles.load(files.apply(wanted)));
    }
}
