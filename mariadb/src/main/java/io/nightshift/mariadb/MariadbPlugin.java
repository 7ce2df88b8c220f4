package io.nightshift.mariadb;

import io.nightshift.destination.DestinationPlugin;
import io.nightshift.destination.DestinationServices;
import io.nightshift.protocol.job.MariadbDestination;

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
