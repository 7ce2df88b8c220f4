import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;

/// Rows for bench/redis.sh.
///
/// ```
/// RedisRows number INPUT OUTPUT       numbers the rows of a Parquet file, in a column `id`
/// RedisRows commands PORT OUTPUT      writes the records of the newest batch as commands for `redis-cli --pipe`
/// ```
public final class RedisRows {

    private static final int AT_ONCE = 500;

    private RedisRows() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("number")) {
            try (var duckDb = DriverManager.getConnection("jdbc:duckdb:");
                    var statement = duckDb.createStatement()) {
                statement.execute("COPY (SELECT row_number() OVER () AS id, * FROM '%s') TO '%s' (FORMAT parquet)"
                        .formatted(arguments[1], arguments[2]));
            }
            return;
        }
        try (var redis = new Connection("127.0.0.1", Integer.parseInt(arguments[1]));
                var out = new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[2])))) {
            redis.sendCommand(Command.GET, "flights:latest");
            String newest = redis.getBulkReply();
            String cursor = "0";
            do {
                redis.sendCommand(Command.SCAN, cursor, "MATCH", newest + ":*", "COUNT", String.valueOf(AT_ONCE));
                List<Object> answer = redis.getObjectMultiBulkReply();
                cursor = new String((byte[]) answer.getFirst(), StandardCharsets.UTF_8);
                List<?> keys = (List<?>) answer.getLast();
                for (Object key : keys) {
                    redis.sendCommand(Command.HGETALL, (byte[]) key);
                }
                for (Object key : keys) {
                    List<byte[]> words = new ArrayList<>();
                    words.add("HSET".getBytes(StandardCharsets.UTF_8));
                    words.add(("plain" + new String((byte[]) key, StandardCharsets.UTF_8).substring(newest.length()))
                            .getBytes(StandardCharsets.UTF_8));
                    words.addAll(redis.getBinaryMultiBulkReply());
                    write(out, words);
                }
            } while (!cursor.equals("0"));
        }
    }

    private static void write(OutputStream out, List<byte[]> words) throws Exception {
        out.write("*%d\r\n".formatted(words.size()).getBytes(StandardCharsets.UTF_8));
        for (byte[] word : words) {
            out.write("$%d\r\n".formatted(word.length).getBytes(StandardCharsets.UTF_8));
            out.write(word);
            out.write("\r\n".getBytes(StandardCharsets.UTF_8));
        }
    }
}
