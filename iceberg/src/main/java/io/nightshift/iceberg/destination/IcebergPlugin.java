package io.nightshift.iceberg.destination;

import io.nightshift.destination.DestinationPlugin;
import io.nightshift.destination.DestinationServices;
import io.nightshift.destination.DestinationStore;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.endpoint.Diagnosis;
import java.util.List;

/// Iceberg tables and their catalogs, for programs with this module.
public final class IcebergPlugin implements DestinationPlugin {

    @Override
    public Class<IcebergDestination> type() {
        return IcebergDestination.class;
    }

    @Override
    public Stores open(DestinationServices services) {
        return new Catalogs(
                services,
                new IcebergCatalogs(
                        services.dataSources(),
                        services.roots(),
                        services.objects().stores()));
    }

    private record Catalogs(DestinationServices services, IcebergCatalogs catalogs) implements Stores {

        @Override
        public DestinationStore of(Destination destination, SourceReaders sources) {
            return new IcebergStore(
                    (IcebergDestination) destination,
                    catalogs,
                    services.duckDb(),
                    sources,
                    services.roots(),
                    services.objects());
        }

        @Override
        public List<Diagnosis> examine() {
            return services.dataSources().catalogs().entrySet().stream()
                    .map(catalog -> examine(catalog.getKey(), catalog.getValue()))
                    .toList();
        }

        private Diagnosis examine(String name, CatalogSettings settings) {
            try {
                return Diagnosis.fine(settings.toString(), catalogs.get(name).probe());
            } catch (FailureException e) {
                return Diagnosis.problem(
                        settings.toString(),
                        String.valueOf(e.getMessage()),
                        "Correct nightshift.catalogs.%s. See docs/how-to/iceberg.md.".formatted(name));
            }
        }

        @Override
        public void close() {
            catalogs.close();
        }
    }
}
