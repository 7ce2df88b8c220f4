package io.nightshift.redis.destination;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.redis.RedisConnection;
import io.nightshift.redis.RedisServerFacts;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.endpoint.Diagnosis;
import java.time.Duration;
import java.util.List;

/// Examines a Redis or Valkey server: whether it can be reached, what stands in the way of batches, and
/// whether a crash of it loses writes. Changes nothing.
final class RedisExamination {

    private RedisExamination() {}

    /// @param what the server is in the report
    static List<Diagnosis> of(DataSourceSettings settings, String what) {
        try (RedisConnection connection = RedisConnection.open(settings, what, Duration.ZERO, () -> false)) {
            RedisServerFacts server = RedisServerFacts.of(connection);
            return List.of(reachable(server, what), durability(server, what + " durability"));
        } catch (FailureException e) {
            return List.of(Diagnosis.problem(
                    what,
                    String.valueOf(e.getMessage()),
                    "Check the URL, the user and the password in the configuration, and that the server runs."));
        }
    }

    private static Diagnosis reachable(RedisServerFacts server, String what) {
        List<String> obstacles = server.obstacles();
        return obstacles.isEmpty()
                ? Diagnosis.fine(what, server.version())
                : Diagnosis.problem(what, String.join("; ", obstacles), "See docs/how-to/redis.md.");
    }

    private static Diagnosis durability(RedisServerFacts server, String what) {
        return server.canLoseWrites()
                ? Diagnosis.warning(
                        what,
                        server.durability() + "; a crash of the server can lose writes that it has acknowledged",
                        "Set appendonly yes and appendfsync always, or run `nightshift batch verify` after a crash.")
                : Diagnosis.fine(what, server.durability());
    }
}
