package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.RedisServer;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;

/// Runs of the program into a real Redis, read as the page of the destination says.
final class RedisRunIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 5000;
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");

    @TempDir
    private Path folder;

    private static CommandResult batch(FlightsJob job, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("batch", command, "latest"));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    /// The answers to the page's `redis-cli` commands that begin with a text.
    ///
    /// @param batch in place of `delays:17`
    private static List<@Nullable Object> answers(RedisConnection redis, String begin, String batch) throws Exception {
        List<@Nullable Object> answers = new ArrayList<>();
        for (String line : Files.readAllLines(Checkout.path("docs/how-to/redis.md"))) {
            if (line.startsWith("redis-cli " + begin)) {
                List<String> words = new ArrayList<>();
                Matcher matcher = WORD.matcher(line.replaceFirst(" +#.*", "").replace("delays:17", batch));
                while (matcher.find()) {
                    words.add(Objects.requireNonNullElse(
                            matcher.group(1), Objects.requireNonNullElse(matcher.group(2), matcher.group())));
                }
                answers.add(redis.call(
                        Command.valueOf(words.get(1).toUpperCase(Locale.ROOT)),
                        words.subList(2, words.size()).toArray()));
            }
        }
        return answers;
    }

    private static JsonNode json(@Nullable Object answer) throws Exception {
        return JSON.readTree(String.valueOf(RedisConnection.asText(answer)));
    }

    /// Compiles the page's example in Java and runs it.
    private String runJava(String host, int port) throws Exception {
        String page = Files.readString(Checkout.path("docs/how-to/redis.md"));
        int begin = page.indexOf("```java\n") + "```java\n".length();
        String example = page.substring(begin, page.indexOf("```", begin))
                .replace("\"cache.example.org\", 6379", "\"%s\", %d".formatted(host, port))
                .replace("System.out.println(record)", "result = record");
        Path source = Files.writeString(folder.resolve("Reader.java"), """
                import redis.clients.jedis.Jedis;
                public class Reader {
                    public static String result;
                    public static void run() {
                        %s
                    }
                }
                """.formatted(example));
        String classPath = Path.of(Jedis.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-cp", classPath, "-d", folder.toString(), source.toString()))
                .isZero();
        URL[] classes = {folder.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
            Class<?> reader = loader.loadClass("Reader");
            reader.getMethod("run").invoke(null);
            return String.valueOf(reader.getField("result").get(null));
        }
    }

    @Test
    void recordsAreReadAsThePageSays() throws Exception {
        FlightsJob job = FlightsJob.on(
                folder.resolve("job"),
                "SELECT row_number() OVER () AS id, *, if(id = 77, 'nan'::DOUBLE, 0.5) AS share FROM flights LIMIT "
                        + ROWS);
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: id");
        job.edit("  parquet: predictions", "  redis: {data-source: cache, name: delays, format: json}");
        Files.createDirectories(job.home());
        try (RedisServer server = RedisServer.start("--save", "", "--requirepass", "hush");
                RedisConnection redis = RedisConnection.open(
                        new DataSourceSettings("cache", server.url(), null, "hush"),
                        "a test",
                        Duration.ofMinutes(1),
                        () -> false)) {
            Files.writeString(
                    job.home().resolve("nightshift.conf"),
                    "nightshift.data-sources.cache { url = \"%s\", password = hush }".formatted(server.url()));
            String[] quarantines = {
                "--set",
                "output.columns=[origin, share]",
                "--set",
                "errors.max-rate=0.01",
                "--set",
                "partitions.rows=1000"
            };
            CommandResult end = InProcess.run(job, quarantines).expect(0);
            assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS - 1);
            assertThat(batch(job, "verify").expect(0).out())
                    .contains("each of the 5,000 rows read from it is in the output once");
            assertThat(batch(job, "head").expect(0).out()).contains("record_id", "probability", "share");

            List<@Nullable Object> answers = answers(redis, "GET", "delays:1");
            assertThat(RedisConnection.asText(answers.getFirst())).isEqualTo("delays:1");
            JsonNode record = json(answers.getLast());
            assertThat(record.get("share").asDouble()).isEqualTo(0.5);
            assertThat(json(answers(redis, "EVAL", "delays:1").getFirst())).isEqualTo(record);
            redis.call(Command.CONFIG, "SET", "requirepass", "");
            assertThat(JSON.readTree(runJava("127.0.0.1", server.port()))).isEqualTo(record);
            redis.call(Command.CONFIG, "SET", "requirepass", "hush");
            List<@Nullable String> lists = redis.texts(Command.KEYS, "nightshift:delays:1:quarantine:*");
            assertThat(lists).containsExactly("nightshift:delays:1:quarantine:0");
            assertThat(json(RedisConnection.asList(
                                            answers(redis, "LRANGE", "delays:1").getFirst())
                                    .getFirst())
                            .get("reason")
                            .asText())
                    .isEqualTo("output column \"share\" is NaN or infinite, which JSON doesn't have");

            List<String> again = new ArrayList<>(Arrays.asList(quarantines));
            again.addAll(List.of("--new", "--set", "destination.redis.format=hash"));
            InProcess.run(job, again.toArray(String[]::new)).expect(0);
            assertThat(redis.text(Command.GET, "delays:latest")).isEqualTo("delays:2");
            assertThat(Double.parseDouble(String.valueOf(RedisConnection.asText(
                            answers(redis, "HGET delays:17:4711", "delays:2").getFirst()))))
                    .isEqualTo(record.get("probability").asDouble());
            assertThat(answers(redis, "HGETALL", "delays:2"))
                    .hasSize(2)
                    .allSatisfy(
                            answer -> assertThat(RedisConnection.asList(answer)).isNotEmpty());
            assertThat(batch(job, "verify").expect(0).out())
                    .contains("each of the 5,000 rows read from it is in the output once");
            assertThat(InProcess.run("doctor", "--home", job.home().toString())
                            .expect(0)
                            .out())
                    .contains("data source cache", "Redis 6.2.11", "appendonly is no");
        }
    }
}
