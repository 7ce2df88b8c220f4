package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/// The kinds of tables on the class path of a process. Each is opened when it is first needed. Safe for several
/// threads.
public final class LakePlugins implements AutoCloseable {

    private final LakePlugin.Services services;
    private final Map<Class<? extends Input>, LakePlugin.Tables> open = new ConcurrentHashMap<>();

    public LakePlugins(LakePlugin.Services services) {
        this.services = services;
    }

    /// The kind of an input.
    ///
    /// @param key of the job file that chooses it
    /// @throws FailureException permanent, if it is not on the class path
    public LakePlugin.Tables of(Class<? extends Input> type, String key) {
        return open.computeIfAbsent(
                type,
                _ -> ServiceLoader.load(LakePlugin.class, LakePlugin.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(plugin -> plugin.type() == type)
                        .findFirst()
                        .orElseThrow(() -> FailureException.permanent(
                                "source.%1$s: the module nightshift-%1$s is not on the class path of this process"
                                        .formatted(key)))
                        .open(services));
    }

    /// Closes what was opened. The next use opens it again.
    @Override
    public void close() {
        open.values().removeIf(tables -> {
            tables.close();
            return true;
        });
    }
}
