package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.nemesis.cluster.DatabaseProcess;
import io.nightshift.nemesis.cluster.DestinationServer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/// The destination of a batch's predictions. The nemesis reads it without Nightshift's own code.
public sealed interface BatchOutput
        permits OutputFiles,
                BatchOutput.Table,
                BatchOutput.MariadbTable,
                BatchOutput.RedisRecords,
                IcebergOutput,
                DeltaOutput,
                SeveralOutputs {

    /// The name of the destination in the table of results, such as `parquet`.
    String name();

    /// The job's section `destination`, as a map in YAML.
    String destination();

    /// The values of `--set` that give a job this destination.
    default List<String> jobSettings() {
        return List.of("destination=" + destination());
    }

    /// Removes everything at the destination.
    void clear() throws IOException, SQLException;

    /// The IDs of the batches that readers see. A batch that they see twice is listed twice.
    List<String> published() throws IOException, SQLException;

    /// The batches that readers see, unless they see just the given one.
    ///
    /// @return in words; empty if they see just that batch
    default String otherThan(String batch) throws IOException, SQLException {
        List<String> published = published();
        return published.equals(List.of(batch)) ? "" : "%s shows the batches %s".formatted(name(), published);
    }

    /// The number of rows that readers see, the number of different records among them, and a digest of them, with
    /// colons in between. Equal predictions have equal digests.
    String digest() throws IOException, SQLException;

    /// The rows that readers see, for each destination. The input of the batch is one file.
    List<VisibleRows> visibleRows() throws IOException, SQLException;

    /// The names of staged files, objects or tables, empty if there are none.
    String leftovers() throws IOException, SQLException;

    /// A table.
    record Table(DatabaseProcess database) implements BatchOutput {

        @Override
        public String name() {
            return "postgres";
        }

        @Override
        public String destination() {
            return "{postgres: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}}";
        }

        @Override
        public List<String> published() throws SQLException {
            return database.list(DatabaseProcess.PREDICTIONS, "SELECT DISTINCT batch_id FROM flights");
        }

        @Override
        public void clear() throws SQLException {
            database.clear();
        }

        @Override
        public String digest() throws SQLException {
            return database.query(DatabaseProcess.PREDICTIONS, """
                    SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':' || sum(('x' || left(md5(concat_ws('|', record_file, record_row, prediction,
                    to_char(probability, 'FM0.0000000000000000'), origin, destination, date::text, model_name,
                    model_version)), 15))::bit(60)::bigint) FROM flights
                    """);
        }

        @Override
        public List<VisibleRows> visibleRows() throws SQLException {
            return List.of(VisibleRows.of(name(), positions("flights"), positions("flights_quarantine")));
        }

        private String positions(String view) throws SQLException {
            return database.query(
                    DatabaseProcess.PREDICTIONS, "SELECT coalesce(string_agg(record_row::text, ','), '') FROM " + view);
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
        public String destination() {
            return "{mariadb: {data-source: %s, table: flights}}".formatted(DestinationServer.DATA_SOURCE);
        }

        @Override
        public List<String> published() throws SQLException {
            return List.of(server.query("SELECT coalesce(group_concat(DISTINCT batch_id), '') FROM flights")
                    .split(","));
        }

        @Override
        public void clear() throws SQLException {
            server.clear();
        }

        @Override
        public String digest() throws SQLException {
            return server.query("""
                    SELECT concat(count(*), ':', count(DISTINCT record_file, record_row), ':', sum(cast(conv(left(md5(concat_ws('|', record_file, record_row, prediction,
                    probability, origin, destination, date, model_name, model_version)), 15), 16, 10) AS DECIMAL(30))))
                    FROM flights
                    """);
        }

        @Override
        public List<VisibleRows> visibleRows() throws SQLException {
            return List.of(VisibleRows.of(name(), positions("flights"), positions("flights_quarantine")));
        }

        private String positions(String view) throws SQLException {
            return server.query("SELECT coalesce(group_concat(record_row), '') FROM " + view);
        }

        /// All batches share the tables that the views read.
        @Override
        public String leftovers() throws SQLException {
            List<String> left = new ArrayList<>();
            for (String view : List.of("flights", "flights_quarantine")) {
                String hidden = server.query(
                        "SELECT (SELECT count(*) FROM %1$s_batches) - (SELECT count(*) FROM %1$s)".formatted(view));
                if (!hidden.equals("0")) {
                    left.add("%s rows in %s_batches".formatted(hidden, view));
                }
            }
            return String.join(", ", left);
        }
    }

    /// Keys in Redis. The IDs of the records are 1 to the number of rows.
    ///
    /// @param rows of the input
    /// @param predictions of a batch
    record RedisRecords(DestinationServer.Redis server, long rows, long predictions) implements BatchOutput {

        private static final String NAME = "flights";
        private static final String OWN = "nightshift:" + NAME + ":";
        private static final int PIECE = 2_000;
        private static final ObjectMapper JSON = new ObjectMapper();

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
        public String destination() {
            return "{redis: {data-source: %s, name: %s}}".formatted(DestinationServer.DATA_SOURCE, NAME);
        }

        @Override
        public List<String> jobSettings() {
            return List.of("source.id=" + Workload.ID, "destination=" + destination());
        }

        /// The batch to which the pointer leads a reader.
        @Override
        public List<String> published() {
            try (Jedis client = server.connect()) {
                String newest = client.get(NAME + ":latest");
                String batch = newest == null ? null : client.hget(newest, "batch_id");
                return batch == null ? List.of() : List.of(batch);
            }
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
                return found + ":" + found + ":" + sum;
            }
        }

        /// The records of the batch to which the pointer leads a reader. A row has its position plus one as its ID.
        @Override
        public List<VisibleRows> visibleRows() throws IOException {
            try (Jedis client = server.connect()) {
                String newest = String.valueOf(client.get(NAME + ":latest"));
                List<Long> predicted = LongStream.rangeClosed(1, rows)
                        .filter(id -> client.exists(newest + ":" + id))
                        .map(id -> id - 1)
                        .boxed()
                        .toList();
                List<Long> quarantined = new ArrayList<>();
                for (String list : client.keys("nightshift:" + newest + ":quarantine:*")) {
                    for (String row : client.lrange(list, 0, -1)) {
                        quarantined.add(JSON.readTree(row).get("record_row").asLong());
                    }
                }
                return List.of(new VisibleRows(name(), predicted, quarantined));
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
                long unknown = client.dbSize() - own.size() - predictions - 2;
                if (unknown != 0) {
                    left.add("%+d records".formatted(unknown));
                }
                return String.join(", ", left);
            }
        }
    }
}
