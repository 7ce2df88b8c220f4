package io.nightshift.iceberg.source;

import io.nightshift.iceberg.OpenCatalog;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.iceberg.source.DeleteLists.Deletes;
import io.nightshift.source.lake.LakeDeletes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/// The deletes of a data file, as a scan has found them: it has applied the rules of which deletes are for
/// which file.
final class FileDeletes implements LakeDeletes {

    private final OpenCatalog catalog;
    private final Table table;
    private final Schema schema;
    private final String data;
    private final Deletes list;
    private final PositionDeletes positions;

    /// @param data the location of the data file
    FileDeletes(OpenCatalog catalog, Table table, Schema schema, String data, Deletes list, PositionDeletes positions) {
        this.catalog = catalog;
        this.table = table;
        this.schema = schema;
        this.data = data;
        this.list = list;
        this.positions = positions;
    }

    @Override
    public String digest() {
        return list.text();
    }

    @Override
    public void positions(BitSet deleted) {
        catalog.call("the deletes of %s can't be read".formatted(table.name()), () -> {
            for (Deletes each = list; each != null; each = each.next()) {
                if (each.file().content() == FileContent.POSITION_DELETES) {
                    positions.add(table.io(), each.file(), data, deleted);
                }
            }
            return true;
        });
    }

    @Override
    public List<Keys> keys() {
        Map<List<Integer>, List<String>> paths = new LinkedHashMap<>();
        for (@Nullable Deletes each = list; each != null && each.keys() > 0; each = each.next()) {
            if (each.file().content() == FileContent.EQUALITY_DELETES) {
                paths.computeIfAbsent(Objects.requireNonNull(each.file().equalityFieldIds()), ids -> new ArrayList<>())
                        .add(WarehouseFiles.plain(each.file().location()));
            }
        }
        List<Keys> keys = new ArrayList<>();
        paths.forEach((ids, files) -> keys.add(new Keys(
                files,
                ids.stream().map(id -> SchemaColumns.byId(table, schema, id)).toList())));
        return keys;
    }
}
