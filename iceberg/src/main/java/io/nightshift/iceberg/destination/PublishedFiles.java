package io.nightshift.iceberg.destination;

import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.PublishedParts.Part;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.TableMetadata;

/// The files of a published batch as those of a table.
record PublishedFiles(PublishedParts published) {

    /// The files as entries of a table. Those in a folder have metrics. Those in a store would have to be fetched.
    ///
    /// @param duckDb opened when first needed
    @SuppressWarnings("deprecation")
    List<DataFile> dataFiles(TableMetadata table, Supplier<DuckDb> duckDb) {
        Map<Part, String> paths = new HashMap<>();
        published.parts().forEach(part -> paths.put(part, WarehouseFiles.plain(published.location(part))));
        FileMetrics metrics =
                published.parts().isEmpty() || ObjectAddress.isAddress(WarehouseFiles.plain(published.place()))
                        ? null
                        : FileMetrics.read(duckDb.get(), paths.values(), table.schema());
        return published.parts().stream()
                .map(part -> {
                    DataFiles.Builder file = DataFiles.builder(table.spec())
                            .withPath(published.location(part))
                            .withFormat(FileFormat.PARQUET)
                            .withFileSizeInBytes(part.bytes())
                            .withPartitionValues(List.of(published.batch().value()));
                    return metrics == null
                            ? file.withRecordCount(part.rows()).build()
                            : file.withMetrics(metrics.of(Objects.requireNonNull(paths.get(part)), part.rows()))
                                    .build();
                })
                .toList();
    }
}
