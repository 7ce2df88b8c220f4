package io.nightshift.delta.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The log of a table as a reader without any library sees it: the actions of each version, from the JSON
/// files alone.
///
/// @param versions the actions of each version, from version 0
public record DeltaLog(List<List<JsonNode>> versions) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// The log of a table in a folder, which may not exist.
    public static DeltaLog of(Path table) throws IOException {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.list(table.resolve("_delta_log"))) {
            for (Path file : files.filter(each -> each.getFileName().toString().matches("\\d{20}\\.json"))
                    .sorted()
                    .toList()) {
                if (Integer.parseInt(file.getFileName().toString().substring(0, 20)) != texts.size()) {
                    throw new IOException("there is no version before " + file);
                }
                texts.add(Files.readString(file));
            }
        } catch (NoSuchFileException _) {
            return new DeltaLog(List.of());
        }
        return parse(texts);
    }

    /// @param texts the content of the files, from version 0
    public static DeltaLog parse(List<String> texts) throws IOException {
        List<List<JsonNode>> versions = new ArrayList<>();
        for (String text : texts) {
            List<JsonNode> actions = new ArrayList<>();
            for (String line : text.lines().toList()) {
                actions.add(JSON.readTree(line));
            }
            versions.add(actions);
        }
        return new DeltaLog(versions);
    }

    private List<JsonNode> all(String kind) {
        return versions.stream()
                .flatMap(List::stream)
                .filter(action -> action.has(kind))
                .map(action -> action.get(kind))
                .toList();
    }

    /// The files of the table, as the newest version has them: the values of their partitions by their
    /// paths.
    public Map<String, Map<String, String>> files() {
        Map<String, Map<String, String>> files = new LinkedHashMap<>();
        for (List<JsonNode> actions : versions) {
            for (JsonNode action : actions) {
                if (action.has("add")) {
                    files.put(path(action.get("add")), texts(action.get("add").get("partitionValues")));
                } else if (action.has("remove")) {
                    files.remove(path(action.get("remove")));
                }
            }
        }
        return files;
    }

    /// The tags of the files that were added, by the files' paths.
    public Map<String, Map<String, String>> tags() {
        Map<String, Map<String, String>> tags = new LinkedHashMap<>();
        for (JsonNode add : all("add")) {
            tags.put(path(add), texts(add.path("tags")));
        }
        return tags;
    }

    /// The parameters of each version's operation, in the order of the versions.
    List<Map<String, String>> parameters() {
        return all("commitInfo").stream()
                .map(info -> texts(info.path("operationParameters")))
                .toList();
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> values = new LinkedHashMap<>();
        object.properties()
                .forEach(value -> values.put(value.getKey(), value.getValue().asText()));
        return values;
    }

    private static String path(JsonNode file) {
        return URI.create(file.get("path").asText()).getPath();
    }

    /// The transactions in the order of their commits, as `application:version`.
    public List<String> transactions() {
        return all("txn").stream()
                .map(txn -> txn.get("appId").asText() + ":" + txn.get("version").asLong())
                .toList();
    }

    /// The newest columns: their types by their names.
    Map<String, String> columns() throws IOException {
        Map<String, String> types = new LinkedHashMap<>();
        for (JsonNode field : JSON.readTree(
                        all("metaData").getLast().get("schemaString").asText())
                .get("fields")) {
            types.put(field.get("name").asText(), field.get("type").asText());
        }
        return types;
    }

    /// The statistics of the files that were added, by their paths.
    public Map<String, JsonNode> statistics() throws IOException {
        Map<String, JsonNode> statistics = new LinkedHashMap<>();
        for (JsonNode add : all("add")) {
            statistics.put(path(add), JSON.readTree(add.get("stats").asText()));
        }
        return statistics;
    }
}
