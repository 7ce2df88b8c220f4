package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A Delta table. Its log is read from the JSON of all versions.
///
/// @param table the files below the table's folder
public record DeltaOutput(OutputFiles table) implements BatchOutput {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String APPLICATION = "nightshift.batch=";
    private static final String SUPPLEMENTS = "/supplements";

    @Override
    public String name() {
        return table instanceof OutputFiles.Prefix ? "delta in s3" : "delta";
    }

    @Override
    public String destination() {
        return "{delta: %s}".formatted(table.location());
    }

    @Override
    public void clear() throws IOException, SQLException {
        table.clear();
    }

    /// The batches that the versions of the log add, each as often as a version adds files of it, without the first
    /// version of each supplement. The transaction of the version has to name the same batch.
    @Override
    public List<String> published() throws IOException, SQLException {
        return table.read(folder -> {
            List<String> published = new ArrayList<>();
            Set<String> supplements = new HashSet<>();
            for (List<JsonNode> actions : versions(folder)) {
                Set<String> batches = new TreeSet<>();
                Set<String> transactions = new TreeSet<>();
                boolean isSupplement = false;
                for (JsonNode action : actions) {
                    if (action.has("add")) {
                        batches.add(action.at("/add/partitionValues/batch_id").asText());
                    } else if (action.has("txn")) {
                        String application = action.at("/txn/appId").asText();
                        boolean isFirst = application.endsWith(SUPPLEMENTS)
                                && supplements.add(application + action.at("/txn/version"));
                        isSupplement |= isFirst;
                        transactions.add(application.replace(SUPPLEMENTS, ""));
                    }
                }
                if (!isSupplement) {
                    published.addAll(batches);
                }
                if (!transactions.equals(
                        batches.stream().map(APPLICATION::concat).collect(Collectors.toSet()))) {
                    published.add("other transactions: " + transactions);
                }
            }
            return published;
        });
    }

    @Override
    public String digest() throws IOException, SQLException {
        return table.read(folder -> {
            TableFolder files = files(folder);
            return files.named().isEmpty() ? "no rows" : files.digest();
        });
    }

    @Override
    public List<VisibleRows> visibleRows() throws IOException, SQLException {
        return table.read(folder -> files(folder).visibleRows(name()));
    }

    @Override
    public String leftovers() throws IOException, SQLException {
        return table.read(folder -> files(folder).leftovers());
    }

    /// The files of the newest version.
    private static TableFolder files(Path folder) throws IOException {
        Set<String> named = new TreeSet<>();
        for (List<JsonNode> actions : versions(folder)) {
            for (JsonNode action : actions) {
                if (action.has("add")) {
                    named.add(path(folder, action.get("add")));
                } else if (action.has("remove")) {
                    named.remove(path(folder, action.get("remove")));
                }
            }
        }
        return new TableFolder(folder, named);
    }

    private static String path(Path folder, JsonNode file) {
        return folder.resolve(URI.create(file.get("path").asText()).getPath()).toString();
    }

    /// The actions of each version, from version 0.
    private static List<List<JsonNode>> versions(Path folder) throws IOException {
        Path log = folder.resolve("_delta_log");
        Map<Long, Path> files = new HashMap<>();
        try (Stream<Path> all = Files.exists(log) ? Files.list(log) : Stream.empty()) {
            all.filter(file -> file.getFileName().toString().matches("\\d{20}\\.json"))
                    .forEach(file ->
                            files.put(Long.valueOf(file.getFileName().toString().substring(0, 20)), file));
        }
        List<List<JsonNode>> versions = new ArrayList<>();
        for (long version = 0; version < files.size(); version++) {
            Path file = files.get(version);
            if (file == null) {
                throw new IOException("the log has no version " + version);
            }
            List<JsonNode> actions = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                actions.add(JSON.readTree(line));
            }
            versions.add(actions);
        }
        return versions;
    }
}
