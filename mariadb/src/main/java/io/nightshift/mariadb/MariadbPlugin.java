package io.nightshift.mariadb;

import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.destination.DestinationPlugin;
import io.nightshift.storage.destination.DestinationServices;

/// MariaDB and MySQL, for programs with this module.
public final class MariadbPlugin implements DestinationPlugin {

    @Override
    public Class<MariadbDestination> type() {
        return MariadbDestination.class;
    }

    @Override
    public Stores open(DestinationServices services) {
        return (destination, sources) -> new MariadbStore(
                (MariadbDestination) destination,
                services.dataSources(),
                services.connections(),
                services.duckDb(),
                sources);
    }
}
