package io.nightshift.destination;

import io.nightshift.protocol.job.Destination;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.endpoint.Diagnosis;
import java.util.List;

/// A kind of destination in a module of its own, which provides this as a service. A program without the module
/// starts, and refuses the jobs that need it.
public interface DestinationPlugin {

    /// The case of [Destination] that it is for.
    Class<? extends Destination> type();

    /// Opens the kind for one process. Connects to nothing yet.
    Stores open(DestinationServices services);

    /// A kind that is open in one process. Safe for several threads.
    interface Stores extends AutoCloseable {

        /// @param destination a [DestinationPlugin#type]
        /// @param sources that jobs read
        DestinationStore of(Destination destination, SourceReaders sources);

        /// Examines the servers or catalogs in the node's configuration that only this kind uses. Changes nothing.
        default List<Diagnosis> examine() {
            return List.of();
        }

        /// Closes the connections that are shared by its stores.
        @Override
        default void close() {}
    }
}
