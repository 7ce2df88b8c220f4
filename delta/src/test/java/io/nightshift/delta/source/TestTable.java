package io.nightshift.delta.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.delta.kernel.internal.deletionvectors.Base85Codec;
import io.nightshift.source.TestData;
import io.nightshift.storage.duckdb.Sql;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A Delta table as the protocol describes it: the actions of the log are written here, without the kernel. DuckDB
/// writes the Parquet files.
final class TestTable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final TestData data;
    final Path folder;
    final List<String> features = new ArrayList<>();
    final Map<String, String> properties = new TreeMap<>();
    final List<String> partitions = new ArrayList<>();
    private final List<ObjectNode> fields = new ArrayList<>();
    private final Map<String, ObjectNode> added = new HashMap<>();
    String id = UUID.randomUUID().toString();
    private int files;
    private int version;

    /// A table that has no commit yet.
    ///
    /// @param name of its folder
    TestTable(TestData data, String name) {
        this.data = data;
        this.folder = data.folder.resolve(name);
    }

    /// Adds a column to those of the next [#create] or [#change].
    TestTable column(String name, String type) {
        return field(NODES.objectNode().put("name", name).put("type", type).put("nullable", true));
    }

    private TestTable field(ObjectNode field) {
        if (!field.has("metadata")) {
            field.set("metadata", NODES.objectNode());
        }
        fields.add(field);
        return this;
    }

    /// Adds a column of column mapping.
    ///
    /// @param type its name, or an object
    TestTable mapped(String name, String type, int number, String physical) {
        ObjectNode field = NODES.objectNode().put("name", name).put("nullable", true);
        try {
            field.set("type", type.startsWith("{") ? JSON.readTree(type) : NODES.textNode(type));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        field.set(
                "metadata",
                NODES.objectNode()
                        .put("delta.columnMapping.id", number)
                        .put("delta.columnMapping.physicalName", physical));
        return field(field);
    }

    /// Adds a column of a type that is an object.
    TestTable nested(String name, String type) throws IOException {
        ObjectNode field = NODES.objectNode().put("name", name).put("nullable", true);
        field.set("type", JSON.readTree(type));
        return field(field);
    }

    /// Removes the columns, for those of the next [#change].
    TestTable withoutColumns() {
        fields.clear();
        return this;
    }

    /// The first commit.
    TestTable create() {
        ObjectNode protocol = NODES.objectNode().put("minReaderVersion", 3).put("minWriterVersion", 7);
        protocol.set("readerFeatures", texts(features));
        protocol.set("writerFeatures", texts(features));
        commit(action("protocol", protocol), action("metaData", metadata()));
        return this;
    }

    /// A commit with the columns, properties and partitions as they are now.
    void change() {
        commit(action("metaData", metadata()));
    }

    private ObjectNode metadata() {
        ObjectNode schema = NODES.objectNode().put("type", "struct");
        schema.set("fields", NODES.arrayNode().addAll(fields));
        ObjectNode metadata = NODES.objectNode().put("id", id).put("createdTime", 0);
        metadata.set(
                "format", NODES.objectNode().put("provider", "parquet").<ObjectNode>set("options", NODES.objectNode()));
        metadata.put("schemaString", schema.toString());
        metadata.set("partitionColumns", texts(partitions));
        ObjectNode configuration = NODES.objectNode();
        properties.forEach(configuration::put);
        metadata.set("configuration", configuration);
        return metadata;
    }

    private static ArrayNode texts(List<String> texts) {
        ArrayNode list = NODES.arrayNode();
        texts.forEach(list::add);
        return list;
    }

    static ObjectNode action(String kind, ObjectNode content) {
        ObjectNode action = NODES.objectNode();
        action.set(kind, content);
        return action;
    }

    Path log(int number) {
        return folder.resolve(String.format(Locale.ROOT, "_delta_log/%020d.json", number));
    }

    /// @return the number of the version
    int commit(ObjectNode... actions) {
        StringBuilder lines = new StringBuilder();
        lines.append(action("commitInfo", NODES.objectNode().put("operation", "TEST")))
                .append('\n');
        for (ObjectNode each : actions) {
            lines.append(each).append('\n');
        }
        try {
            Files.createDirectories(folder.resolve("_delta_log"));
            Files.writeString(log(version), lines, StandardOpenOption.CREATE_NEW);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return version++;
    }

    /// Begins again at version 0, after the folder was deleted.
    void restart() {
        version = 0;
        id = UUID.randomUUID().toString();
    }

    /// Sets the time of a commit.
    void time(int number, Instant time) throws IOException {
        Files.setLastModifiedTime(log(number), FileTime.from(time));
    }

    /// A Parquet file in the folder.
    Path parquet(String name, String select, String options) {
        return data.parquet(data.folder.relativize(folder.resolve(name)).toString(), select, options);
    }

    /// Commits the rows of a query as one file of no partition.
    Path append(String select) {
        return append(select, Map.of());
    }

    Path append(String select, Map<String, @Nullable String> values) {
        Path file = parquet("part-%05d.parquet".formatted(files++), select, "");
        commit(add(file, values));
        return file;
    }

    /// The action that adds a file, with the statistics of all of its columns.
    ObjectNode add(Path file, Map<String, @Nullable String> values) {
        String path = folder.relativize(file).toString();
        return add(path, file, values);
    }

    /// @param path as the log shall have it
    ObjectNode add(String path, Path file, Map<String, @Nullable String> values) {
        ObjectNode content = NODES.objectNode().put("path", path);
        ObjectNode partition = content.putObject("partitionValues");
        values.forEach(partition::put);
        try {
            content.put("size", Files.size(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        content.put("modificationTime", 0)
                .put("dataChange", true)
                .put("stats", statistics(file).toString());
        added.put(file.toString(), content);
        return action("add", content);
    }

    private ObjectNode statistics(Path file) {
        String from = "read_parquet(" + Sql.file(file.toString()) + ")";
        ObjectNode statistics = NODES.objectNode();
        statistics.put(
                "numRecords",
                Long.parseLong(data.rows("SELECT count(*) FROM " + from).getFirst()));
        ObjectNode least = statistics.putObject("minValues");
        ObjectNode most = statistics.putObject("maxValues");
        ObjectNode nulls = statistics.putObject("nullCount");
        for (String column : data.rows("SELECT column_name || '|' || column_type FROM (DESCRIBE FROM " + from + ")")) {
            String name = column.substring(0, column.indexOf('|'));
            String type = column.substring(column.indexOf('|') + 1);
            String sql = Sql.name(name);
            nulls.put(
                    name,
                    Long.parseLong(data.rows("SELECT count(*) - count(%s) FROM %s".formatted(sql, from))
                            .getFirst()));
            if (type.startsWith("STRUCT") || type.startsWith("MAP") || type.endsWith("[]")) {
                continue;
            }
            String text = type.startsWith("TIMESTAMP")
                    ? "strftime(%s, '%%Y-%%m-%%dT%%H:%%M:%%S.%%g" + (type.contains("ZONE") ? "Z" : "") + "')"
                    : "%s";
            bound(least, name, type, text.formatted("min(" + sql + ")"), from);
            bound(most, name, type, text.formatted("max(" + sql + ")"), from);
        }
        return statistics;
    }

    private void bound(ObjectNode bounds, String name, String type, String sql, String from) {
        String value = data.rows("SELECT %s FROM %s".formatted(sql, from)).getFirst();
        if (value.equals("null")) {
            return;
        }
        switch (type) {
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT" -> bounds.put(name, Long.parseLong(value));
            case "DOUBLE", "FLOAT" -> bounds.put(name, Double.parseDouble(value));
            default -> bounds.put(name, value);
        }
    }

    /// The action that removes a file.
    ObjectNode remove(Path file) {
        ObjectNode before = added.get(file.toString());
        ObjectNode content = NODES.objectNode()
                .put("path", before.get("path").asText())
                .put("deletionTimestamp", System.currentTimeMillis())
                .put("dataChange", true);
        if (before.has("deletionVector")) {
            content.set("deletionVector", before.get("deletionVector"));
        }
        return action("remove", content);
    }

    /// Commits a file again, with a deletion vector.
    ///
    /// @param vector as [#stored], [#inline] and [#absolute] make them
    void delete(Path file, JsonNode vector) {
        ObjectNode removed = remove(file);
        ObjectNode content = added.get(file.toString()).deepCopy();
        content.set("deletionVector", vector);
        added.put(file.toString(), content);
        commit(removed, action("add", content));
    }

    private static byte[] bitmap(int... positions) {
        RoaringBitmap bitmap = RoaringBitmap.bitmapOf(positions);
        ByteBuffer bytes =
                ByteBuffer.allocate(16 + bitmap.serializedSizeInBytes()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(1_681_511_377).putLong(1).putInt(0);
        bitmap.serialize(bytes);
        return bytes.array();
    }

    private static ObjectNode descriptor(String kind, String place, byte[] bitmap, int count) {
        return NODES.objectNode()
                .put("storageType", kind)
                .put("pathOrInlineDv", place)
                .put("sizeInBytes", bitmap.length)
                .put("cardinality", count);
    }

    /// A vector in the log.
    static ObjectNode inline(int... positions) {
        byte[] bitmap = bitmap(positions);
        byte[] padded = Arrays.copyOf(bitmap, (bitmap.length + 3) / 4 * 4);
        return descriptor("i", Base85Codec.encodeBytes(padded), bitmap, positions.length);
    }

    /// The file of a vector of [#stored].
    Path vectorFile(UUID name) {
        return folder.resolve("ab/deletion_vector_" + name + ".bin");
    }

    /// A vector in a file of the table's folder, behind another one.
    ObjectNode stored(UUID name, int... positions) throws IOException {
        byte[] bitmap = bitmap(positions);
        int offset = write(vectorFile(name), bitmap);
        return descriptor("u", "ab" + Base85Codec.encodeUUID(name), bitmap, positions.length)
                .put("offset", offset);
    }

    /// A vector in any file.
    static ObjectNode absolute(Path file, int... positions) throws IOException {
        byte[] bitmap = bitmap(positions);
        int offset = write(file, bitmap);
        return descriptor("p", file.toUri().toString(), bitmap, positions.length)
                .put("offset", offset);
    }

    private static int write(Path file, byte[] bitmap) throws IOException {
        byte[] other = bitmap(7, 8, 9);
        ByteBuffer bytes = ByteBuffer.allocate(1 + other.length + bitmap.length + 16);
        bytes.put((byte) 1);
        frame(bytes, other);
        int offset = bytes.position();
        frame(bytes, bitmap);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes.array());
        return offset;
    }

    private static void frame(ByteBuffer bytes, byte[] bitmap) {
        CRC32 checksum = new CRC32();
        checksum.update(bitmap);
        bytes.putInt(bitmap.length).put(bitmap).putInt((int) checksum.getValue());
    }

    /// The log's text of a version.
    String text(int number) throws IOException {
        return Files.readString(log(number), StandardCharsets.UTF_8);
    }
}
