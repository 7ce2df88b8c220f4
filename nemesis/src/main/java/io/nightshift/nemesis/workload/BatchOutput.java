package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.nemesis.cluster.DatabaseProcess;
import io.nightshift.nemesis.cluster.DestinationServer;
import io.nightshift.nemesis.cluster.ObjectStorage;
import io.nightshift.testing.PublishedOutput;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/// The destination of a batch's predictions.
public sealed interface BatchOutput {

    /// The beginning of the name of a published batch's folder.
    String BATCH = "batch=";

    /// `parquet`, `s3`, `postgres`, `mariadb` or `redis`
    String name();

    /// The values of `--set` that give a job this destination.
    List<String> jobSettings();

    /// Removes everything at the destination.
    void clear() throws IOException, SQLException;

    /// A digest of all published predictions.
    String digest() throws IOException, SQLException;

    /// The names of staged files, objects or tables, empty if there are none.
    String leftovers() throws IOException, SQLException;

    /// Parquet files below a folder, or below a prefix of an object store.
    sealed interface ParquetFiles extends BatchOutput {

        /// The folder or the prefix, as a job names it.
        String location();

        /// The IDs of the published batches.
        List<String> published() throws IOException;

        @Override
        default List<String> jobSettings() {
            return List.of("destination.parquet=" + location());
        }
    }

    /// A folder of Parquet files.
    record Folder(Path path) implements ParquetFiles {

        @Override
        public String name() {
            return "parquet";
        }

        @Override
        public String location() {
            return path.toString();
        }

        @Override
        public List<String> published() throws IOException {
            if (!Files.exists(path)) {
                return List.of();
            }
            try (Stream<Path> batches = Files.list(path)) {
                return batches.map(batch -> String.valueOf(batch.getFileName()))
                        .filter(name -> name.startsWith(BATCH))
                        .map(name -> name.substring(BATCH.length()))
                        .toList();
            }
        }

        @Override
        public void clear() throws IOException {
            if (Files.exists(path)) {
                try (Stream<Path> all = Files.walk(path)) {
                    for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }

        @Override
        public String digest() throws SQLException {
            return PublishedOutput.digest(path);
        }

        @Override
        public String leftovers() throws IOException {
            Path staging = path.resolve(".staging");
            if (!Files.exists(staging)) {
                return "";
            }
            try (Stream<Path> all = Files.walk(staging)) {
                List<String> names =
                        all.map(file -> path.relativize(file).toString()).toList();
                return String.join(", ", names);
            }
        }
    }

    /// A prefix of an object store. Everything is checked against what the store lists.
    ///
    /// @param folder the name of the predictions in the store
    record Prefix(ObjectStorage storage, String folder) implements ParquetFiles {

        private static final String SUCCESS = "/_SUCCESS";
        private static final String MANIFEST = "/_manifest.json";
        private static final String POINTER = "_latest-";
        private static final ObjectMapper JSON = new ObjectMapper();

        @Override
        public String name() {
            return "s3";
        }

        @Override
        public String location() {
            return storage.predictions(folder);
        }

        @Override
        public List<String> published() throws IOException {
            return published(storage.list(folder));
        }

        private static List<String> published(List<String> objects) {
            return objects.stream()
                    .filter(name -> name.startsWith(BATCH) && name.endsWith(SUCCESS))
                    .map(name -> name.substring(BATCH.length(), name.length() - SUCCESS.length()))
                    .toList();
        }

        @Override
        public void clear() throws IOException {
            storage.delete(folder);
        }

        @Override
        public String digest() throws IOException, SQLException {
            List<String> objects = storage.list(folder);
            List<String> batches = published(objects);
            ScratchFolder copy = ScratchFolder.create("nightshift-objects");
            try {
                for (String object : objects) {
                    String batch = object.replaceFirst("^" + BATCH + "([^/]*)/part-.*", "$1");
                    if (batches.contains(batch)) {
                        storage.copy(folder, object, copy.path());
                    } else if (object.startsWith(POINTER)) {
                        JsonNode pointer = JSON.readTree(storage.read(folder, object));
                        if (!batches.equals(List.of(pointer.get("batch").asText()))) {
                            return "%s, which names %s".formatted(batches, pointer);
                        }
                    }
                }
                return PublishedOutput.digest(copy.path());
            } finally {
                copy.delete();
            }
        }

        /// Everything but the objects that the manifests of the published batches name.
        @Override
        public String leftovers() throws IOException {
            List<String> objects = storage.list(folder);
            Set<String> named = new HashSet<>();
            for (String batch : published(objects)) {
                named.add(BATCH + batch + SUCCESS);
                named.add(BATCH + batch + MANIFEST);
                JsonNode manifest = JSON.readTree(storage.read(folder, BATCH + batch + MANIFEST));
                for (String files : List.of("parts", "quarantine")) {
                    manifest.get(files)
                            .forEach(file -> named.add(
                                    BATCH + batch + "/" + file.get("file").asText()));
                }
            }
            return objects.stream()
                    .filter(object -> !named.contains(object) && !object.startsWith(POINTER))
                    .collect(Collectors.joining(", "));
        }
    }

    /// A table.
    record Table(DatabaseProcess database) implements BatchOutput {

        @Override
        public String name() {
            return "postgres";
        }

        @Override
        public List<String> jobSettings() {
            return List.of(
                    "destination={postgres: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}}");
        }

        @Override
        public void clear() throws SQLException {
            database.clear();
        }

        @Override
        public String digest() throws SQLException {
            return database.query(DatabaseProcess.PREDICTIONS, """
                    SELECT count(*) || ':' || sum(('x' || left(md5(concat_ws('|', record_file, record_row, prediction,
                    to_char(probability, 'FM0.0000000000000000'), origin, destination, date::text, model_name,
                    model_version)), 15))::bit(60)::bigint) FROM flights
                    """);
        }

        @Override
        public String leftovers() throws SQLException {
            return database.query(
                    DatabaseProcess.PREDICTIONS,
                    "SELECT coalesce(string_agg(relname, ', '), '') FROM pg_class WHERE relname LIKE 'nightshift\\_staging%'"
                            + " AND relkind = 'r'");
        }
    }

    /// A table in MariaDB.
    record MariadbTable(DestinationServer.Mariadb server) implements BatchOutput {

        @Override
        public String name() {
            return "mariadb";
        }

        @Override
        public List<String> jobSettings() {
            return List.of("destination={mariadb: {data-source: %s, table: flights}}"
                    .formatted(DestinationServer.DATA_SOURCE));
        }

        @Override
        public void clear() throws SQLException {
            server.clear();
        }

        @Override
        public String digest() throws SQLException {
            return server.query("""
                    SELECT concat(count(*), ':', sum(cast(conv(left(md5(concat_ws('|', record_file, record_row, prediction,
                    probability, origin, destination, date, model_name, model_version)), 15), 16, 10) AS DECIMAL(30))))
                    FROM flights
                    """);
        }

        /// All batches share the table that the view reads.
        @Override
        public String leftovers() throws SQLException {
            String hidden =
                    server.query("SELECT (SELECT count(*) FROM flights_batches) - (SELECT count(*) FROM flights)");
            return hidden.equals("0") ? "" : hidden + " rows in flights_batches";
        }
    }

    /// Keys in Redis. The IDs of the records are 1 to the number of rows.
    record RedisRecords(DestinationServer.Redis server, long rows) implements BatchOutput {

        private static final String NAME = "flights";
        private static final String OWN = "nightshift:" + NAME + ":";
        private static final int PIECE = 2_000;

        /// Adds up the hashes of records.
        private static final String SUM = """
                local sum, found = 0, 0
                for id = tonumber(ARGV[2]), tonumber(ARGV[3]) do
                  local record = redis.call('HGETALL', string.format('%s:%d', ARGV[1], id))
                  local fields = {}
                  for i = 1, #record, 2 do fields[#fields + 1] = record[i] .. '=' .. record[i + 1] end
                  if #fields > 0 then found = found + 1 end
                  table.sort(fields)
                  local hash = redis.sha1hex(id .. table.concat(fields, '|'))
                  sum = (sum + tonumber(string.sub(hash, 1, 8), 16)) % 4294967296
                end
                return {found, sum}
                """;

        @Override
        public String name() {
            return "redis";
        }

        @Override
        public List<String> jobSettings() {
            return List.of(
                    "source.id=" + Workload.ID,
                    "destination={redis: {data-source: %s, name: %s}}".formatted(DestinationServer.DATA_SOURCE, NAME));
        }

        @Override
        public void clear() {
            server.clear();
        }

        /// The digest of the batch to which the pointer leads a reader.
        @Override
        public String digest() {
            try (Jedis client = server.connect()) {
                String newest = client.get(NAME + ":latest");
                long found = 0;
                long sum = 0;
                for (long first = 1; newest != null && first <= rows; first += PIECE) {
                    long last = Math.min(rows, first + PIECE - 1);
                    List<?> piece = (List<?>)
                            client.eval(SUM, List.of(), List.of(newest, String.valueOf(first), String.valueOf(last)));
                    found += (Long) piece.get(0);
                    sum += (Long) piece.get(1);
                }
                return found + ":" + sum;
            }
        }

        /// Records without an ID of the input, and the lists of attempts.
        @Override
        public String leftovers() {
            try (Jedis client = server.connect()) {
                Set<String> own = new TreeSet<>();
                String cursor = ScanParams.SCAN_POINTER_START;
                do {
                    ScanResult<String> found = client.scan(
                            cursor, new ScanParams().match(OWN + "*").count(PIECE));
                    own.addAll(found.getResult());
                    cursor = found.getCursor();
                } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
                List<String> left = new ArrayList<>(own.stream()
                        .filter(key -> key.contains(":staged:") || key.contains(":bad:"))
                        .toList());
                // Two more: the pointer, and the hash that describes the batch.
                long unknown = client.dbSize() - own.size() - rows - 2;
                if (unknown != 0) {
                    left.add("%+d records".formatted(unknown));
                }
                return String.join(", ", left);
            }
        }
    }
}
