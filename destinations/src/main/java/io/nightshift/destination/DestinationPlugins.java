package io.nightshift.destination;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/// The kinds of destination on the class path of a process. Each is opened when it is first needed.
/// Safe for several threads.
public final class DestinationPlugins implements AutoCloseable {

    private final DestinationServices services;
    private final Map<Class<? extends Destination>, DestinationPlugin.Stores> open = new ConcurrentHashMap<>();

    public DestinationPlugins(DestinationServices services) {
        this.services = services;
    }

    /// The kind of a destination.
    ///
    /// @throws FailureException permanent, if it is not on the class path
    public DestinationPlugin.Stores of(Class<? extends Destination> type) {
        return open.computeIfAbsent(type, _ -> find(type).open(services));
    }

    private static DestinationPlugin find(Class<? extends Destination> type) {
        return ServiceLoader.load(DestinationPlugin.class, DestinationPlugin.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(plugin -> plugin.type() == type)
                .findFirst()
                .orElseThrow(() -> FailureException.permanent(missing(type)));
    }

    private static String missing(Class<? extends Destination> type) {
        String kind = Destination.kinds().entrySet().stream()
                .filter(entry -> entry.getValue() == type)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
        return "destination.%1$s: the module nightshift-%1$s is not on the class path of this process".formatted(kind);
    }

    /// Closes what was opened. The next use opens it again.
    @Override
    public void close() {
        open.values().removeIf(stores -> {
            stores.close();
            return true;
        });
    }
}
