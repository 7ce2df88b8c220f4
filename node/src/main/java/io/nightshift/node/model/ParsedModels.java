package io.nightshift.node.model;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The models that submissions have named lately, so that the same file is parsed once. To parse a large JSON file
/// takes much longer than to read it.
///
/// A model is known by the digest of its file's content: a file may change without another size or time. The models
/// are held softly, so they never take memory that scoring needs. Safe for several threads.
public final class ParsedModels {

    private static final int MOST = 16;

    private final Map<String, SoftReference<Model>> parsed = new LinkedHashMap<>(MOST, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SoftReference<Model>> eldest) {
            return size() > MOST;
        }
    };

    /// Loads a model file.
    ///
    /// @throws FailureException as [ModelFiles#load]
    public Model load(Path file) {
        String digest = digest(file);
        Model known = digest == null ? null : find(digest);
        if (known != null) {
            return known;
        }
        Model model = ModelFiles.load(file);
        if (digest != null && digest.equals(digest(file))) {
            keep(digest, model);
        }
        return model;
    }

    private synchronized @Nullable Model find(String digest) {
        SoftReference<Model> held = parsed.get(digest);
        return held == null ? null : held.get();
    }

    private synchronized void keep(String digest, Model model) {
        parsed.put(digest, new SoftReference<>(model));
    }

    /// Null if the file can't be read: loading it says why.
    private static @Nullable String digest(Path file) {
        try {
            return Digests.sha256(file);
        } catch (IOException e) {
            return null;
        }
    }
}
