package io.nightshift.node.model;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The models that recent submissions have named. The cache avoids that the same file is parsed again, because
/// parsing a large JSON file takes much longer than reading it.
///
/// The key of a model is the digest of its file's content, because a file may change without a change of its size
/// or time. The cache holds the models by soft references, so they never take memory that scoring needs. Safe for
/// several threads.
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

    /// Null if the file can't be read, or is refused in any case. Loading the file then reports the reason.
    static @Nullable String digest(Path file) {
        try {
            boolean mayBeModel = Files.isRegularFile(file) && Files.size(file) <= ModelLoader.MAX_BYTES;
            return mayBeModel ? Digests.sha256(file) : null;
        } catch (IOException e) {
            return null;
        }
    }
}
