package io.nightshift.storage.destination.iceberg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.iceberg.WarehouseFiles;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.TableMetadata;

/// Files of a published batch with predictions: all of them, from its manifest, or those of a commit. Files
/// without rows are left out.
///
/// @param place of the files, as Iceberg has it
record PublishedFiles(String place, BatchId batch, List<Part> parts) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// A file.
    ///
    /// @param name below the place
    /// @param rows how many it has
    /// @param bytes its length
    record Part(String name, long rows, long bytes) {}

    PublishedFiles {
        parts = List.copyOf(parts);
    }

    /// @throws FailureException permanent, if the manifest is damaged
    static PublishedFiles of(String place, BatchId batch, String manifest) {
        List<Part> parts = new ArrayList<>();
        try {
            for (JsonNode part : JSON.readTree(manifest).path("parts")) {
                if (part.path("rows").asLong() > 0) {
                    parts.add(new Part(
                            part.path("file").asText(),
                            part.path("rows").asLong(),
                            part.path("bytes").asLong()));
                }
            }
        } catch (JsonProcessingException e) {
            throw FailureException.permanent("the manifest of %s in %s is damaged: %s. Start over with --new"
                    .formatted(batch, place, e.getOriginalMessage()));
        }
        return new PublishedFiles(place, batch, parts);
    }

    /// The files of a commit.
    ///
    /// @param extension of the files
    static PublishedFiles of(String place, BatchId batch, PartitionCommit commit, String extension) {
        return new PublishedFiles(
                place,
                batch,
                new FileNames(extension)
                        .of(batch, commit)
                        .filter(file -> file.holdsPredictions() && file.file().rows() > 0)
                        .map(file -> new Part(
                                file.name(), file.file().rows(), file.file().bytes()))
                        .toList());
    }

    /// The locations of all files.
    Set<String> locations() {
        return parts.stream().map(this::location).collect(Collectors.toSet());
    }

    /// The location of a file.
    String location(Part part) {
        return place + "/" + part.name();
    }

    /// The files as entries of a table. Those in a folder have metrics. Those in a store would have to be fetched.
    ///
    /// @param duckDb opened when first needed
    @SuppressWarnings("deprecation")
    List<DataFile> dataFiles(TableMetadata table, Supplier<DuckDb> duckDb) {
        Map<Part, String> paths = new HashMap<>();
        parts.forEach(part -> paths.put(part, WarehouseFiles.plain(location(part))));
        FileMetrics metrics = parts.isEmpty() || ObjectAddress.isAddress(WarehouseFiles.plain(place))
                ? null
                : FileMetrics.read(duckDb.get(), paths.values(), table.schema());
        return parts.stream()
                .map(part -> {
                    DataFiles.Builder file = DataFiles.builder(table.spec())
                            .withPath(location(part))
                            .withFormat(FileFormat.PARQUET)
                            .withFileSizeInBytes(part.bytes())
                            .withPartitionValues(List.of(batch.value()));
                    return metrics == null
                            ? file.withRecordCount(part.rows()).build()
                            : file.withMetrics(metrics.of(Objects.requireNonNull(paths.get(part)), part.rows()))
                                    .build();
                })
                .toList();
    }
}
