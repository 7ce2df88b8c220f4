package io.nightshift.iceberg.source;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.lake.LakePlugin;
import io.nightshift.source.lake.LakeTable;
import io.nightshift.storage.dataset.Dataset;
import java.time.InstantSource;

/// Iceberg tables as sources, for programs with this module.
public final class IcebergTables implements LakePlugin {

    @Override
    public Class<IcebergInput> type() {
        return IcebergInput.class;
    }

    @Override
    public Tables open(Services services) {
        return new Catalogs(
                services,
                IcebergCatalogs.readOnly(
                        services.dataSources(),
                        services.files().roots(),
                        services.files().copies().stores()),
                new IcebergCatalogs(
                        services.dataSources(),
                        services.files().roots(),
                        services.files().copies().stores()),
                new PositionDeletes(services.duckDb(), services.files()));
    }

    /// @param catalogs whose tables are only read
    /// @param writing the same, for holds of snapshots: these are commits
    private record Catalogs(
            Services services, IcebergCatalogs catalogs, IcebergCatalogs writing, PositionDeletes positions)
            implements Tables {

        @Override
        public LakeTable of(Input input) {
            return new IcebergSource((IcebergInput) input, catalogs, writing, positions, InstantSource.system());
        }

        @Override
        public Dataset dataset(Input input) {
            IcebergInput table = (IcebergInput) input;
            return catalogs.dataset(table.catalog(), table.table());
        }

        @Override
        public void close() {
            catalogs.close();
            writing.close();
        }
    }
}
