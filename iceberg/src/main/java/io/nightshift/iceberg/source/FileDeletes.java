package io.nightshift.iceberg.source;

import io.nightshift.iceberg.OpenCatalog;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.lake.LakeDeletes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;

/// The deletes of a data file, as a scan has found them: it has applied the rules of which deletes are for
/// which file.
final class FileDeletes implements LakeDeletes {

    /// The digits of a digest that are kept.
    private static final int DIGITS = 32;

    private final OpenCatalog catalog;
    private final Table table;
    private final Schema schema;
    private final String data;
    private final List<DeleteFile> files;
    private final PositionDeletes positions;

    /// @param data the location of the data file
    /// @param files at least one
    /// @throws FailureException permanent, if one of them can't be read
    FileDeletes(
            OpenCatalog catalog,
            Table table,
            Schema schema,
            String data,
            List<DeleteFile> files,
            PositionDeletes positions) {
        this.catalog = catalog;
        this.table = table;
        this.schema = schema;
        this.data = data;
        this.files = List.copyOf(files);
        this.positions = positions;
        files.forEach(FileDeletes::requireReadable);
    }

    private static void requireReadable(DeleteFile file) {
        boolean isKnown = switch (file.format()) {
            case PARQUET -> true;
            case AVRO -> file.content() == FileContent.POSITION_DELETES;
            case PUFFIN -> file.content() == FileContent.POSITION_DELETES;
            default -> false;
        };
        if (!isKnown || file.keyMetadata() != null) {
            throw FailureException.permanent(
                    "source: the delete file %s is %s, which can't be read. Have the table's engine rewrite its data files"
                            .formatted(
                                    file.location(),
                                    file.keyMetadata() != null
                                            ? "encrypted"
                                            : file.format().name().toLowerCase(Locale.ROOT) + " with "
                                                    + file.content()
                                                            .name()
                                                            .toLowerCase(Locale.ROOT)
                                                            .replace('_', ' ')));
        }
    }

    @Override
    public String digest() {
        String lines = files.stream()
                .map(file -> "%s\t%s\t%d\t%s\t%s\t%d\t%s"
                        .formatted(
                                file.content(),
                                file.location(),
                                file.fileSizeInBytes(),
                                file.contentOffset(),
                                file.dataSequenceNumber(),
                                file.recordCount(),
                                file.equalityFieldIds()))
                .sorted()
                .collect(Collectors.joining("\n"));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(lines.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void positions(BitSet deleted) {
        for (DeleteFile file : files) {
            if (file.content() == FileContent.POSITION_DELETES) {
                catalog.call("the deletes of %s can't be read".formatted(table.name()), () -> {
                    positions.add(table.io(), file, data, deleted);
                    return true;
                });
            }
        }
    }

    @Override
    public List<Keys> keys() {
        return files.stream()
                .filter(file -> file.content() == FileContent.EQUALITY_DELETES)
                .map(file -> new Keys(
                        WarehouseFiles.plain(file.location()),
                        Objects.requireNonNull(file.equalityFieldIds()).stream()
                                .map(id -> SchemaColumns.byId(table, schema, id))
                                .toList()))
                .toList();
    }
}
