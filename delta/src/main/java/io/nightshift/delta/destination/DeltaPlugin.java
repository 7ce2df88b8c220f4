package io.nightshift.delta.destination;

import io.nightshift.delta.TableSchemas;
import io.nightshift.destination.DestinationPlugin;
import io.nightshift.destination.DestinationServices;
import io.nightshift.protocol.job.DeltaDestination;

/// Delta tables, for programs with this module.
public final class DeltaPlugin implements DestinationPlugin {

    @Override
    public Class<DeltaDestination> type() {
        return DeltaDestination.class;
    }

    @Override
    public Stores open(DestinationServices services) {
        TableSchemas schemas = new TableSchemas();
        return (destination, sources) -> new DeltaStore(
                (DeltaDestination) destination,
                services.duckDb(),
                sources,
                services.roots(),
                services.objects(),
                schemas);
    }
}
