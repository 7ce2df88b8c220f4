package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Records of a Redis or Valkey server: a key for each record ID.
///
/// @param dataSource the server's name in the configuration of the nodes
/// @param name the prefix of the keys, without a colon
/// @param format what a key holds
public record RedisDestination(String dataSource, String name, Format format) implements Destination {

    /// The type of the value of a record's key.
    public enum Format {
        /// A hash with a field for each column.
        HASH,
        /// A string with a JSON object.
        JSON
    }

    static final Kind<RedisDestination> KIND = new Kind<>(
            RedisDestination.class,
            JobKey.optional(
                    "redis",
                    new Section(List.of(
                            JobKey.required(
                                            "data-source",
                                            new Text(Form.DATA_SOURCE),
                                            "The Redis or Valkey server, by its name in the configuration of the nodes.",
                                            "cache")
                                    .from(RedisDestination.class, RedisDestination::dataSource),
                            JobKey.required(
                                            "name",
                                            new Text(Form.KEY_PREFIX),
                                            "The prefix of the keys. Readers find the newest batch by the key `NAME:latest`.",
                                            "delays")
                                    .from(RedisDestination.class, RedisDestination::name),
                            JobKey.optional(
                                            "format",
                                            new Choice(List.of("hash", "json")),
                                            "What the key of a record holds: a hash with a field for each column, or a string with a JSON object.",
                                            "json")
                                    .or("hash")
                                    .from(
                                            RedisDestination.class,
                                            redis -> redis.format.name().toLowerCase(Locale.ROOT)))),
                    "Records of a Redis or Valkey server, instead of a folder.",
                    ""),
            RedisDestination::read);

    private static RedisDestination read(JobValues values) {
        return new RedisDestination(
                values.text("data-source"), values.text("name"), values.constant("format", Format.class));
    }

    @Override
    public @Nullable String overlap(Destination other, UnaryOperator<String> addresses) {
        return other instanceof RedisDestination that
                        && addresses.apply(dataSource).equals(addresses.apply(that.dataSource))
                        && name.equals(that.name)
                ? "the same keys"
                : null;
    }

    @Override
    public String toString() {
        return "keys %s:* in data source %s".formatted(name, dataSource);
    }
}
