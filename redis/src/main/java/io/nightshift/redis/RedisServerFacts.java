package io.nightshift.redis;

import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// The facts that a server reports about itself.
///
/// @param facts the lines of `INFO`, by their names
/// @param appendFsync when the server writes its log to the disk: `always`, `everysec` or `no`; null if the
///     user may not ask
public record RedisServerFacts(
        Map<String, String> facts, @Nullable String appendFsync) {

    private static final int LEAST_MAJOR = 6;
    private static final int LEAST_MINOR = 2;
    private static final Pattern VERSION = Pattern.compile("([0-9]+)[.]([0-9]+).*");

    public RedisServerFacts {
        facts = Map.copyOf(facts);
    }

    /// Asks a server.
    public static RedisServerFacts of(RedisConnection connection) {
        Map<String, String> facts = new HashMap<>();
        String info = connection.text(Command.INFO);
        (info == null ? "" : info).lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                facts.put(line.substring(0, colon), line.substring(colon + 1));
            }
        });
        String fsync = null;
        try {
            List<@Nullable String> answer = connection.texts(Command.CONFIG, "GET", "appendfsync");
            fsync = answer.size() == 2 ? answer.getLast() : null;
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
        }
        return new RedisServerFacts(facts, fsync);
    }

    private String fact(String name) {
        return facts.getOrDefault(name, "");
    }

    /// Its kind and version: `Redis 7.2.4` or `Valkey 8.1.1`.
    public String version() {
        return facts.containsKey("valkey_version")
                ? "Valkey " + fact("valkey_version")
                : "Redis " + fact("redis_version");
    }

    /// Why no batch can be written to the server; empty if nothing is in the way.
    public List<String> obstacles() {
        List<String> reasons = new ArrayList<>();
        Matcher version = VERSION.matcher(fact("redis_version"));
        if (!version.matches()
                || Integer.parseInt(version.group(1)) * 100 + Integer.parseInt(version.group(2))
                        < LEAST_MAJOR * 100 + LEAST_MINOR) {
            reasons.add("the server is %s; use Redis %d.%d or newer, or Valkey"
                    .formatted(version(), LEAST_MAJOR, LEAST_MINOR));
        }
        if (fact("redis_mode").equals("cluster") || fact("cluster_enabled").equals("1")) {
            reasons.add(
                    "the server is a node of a cluster, where keys of several slots can't be changed in one step; use a server without cluster mode");
        }
        if (fact("redis_mode").equals("sentinel")) {
            reasons.add("the server is a sentinel, which holds no data; name the primary server");
        }
        if (fact("role").equals("slave")) {
            reasons.add("the server is a replica, which is read-only; name the primary server");
        }
        String policy = fact("maxmemory_policy");
        if (policy.startsWith("allkeys-")) {
            reasons.add(
                    "the server removes any key when its memory is full (maxmemory-policy %s), so records could get lost; set maxmemory-policy to noeviction or volatile-lru"
                            .formatted(policy));
        }
        return reasons;
    }

    /// How much a crash of the server loses, as its settings: `appendonly is yes, appendfsync is everysec`.
    public String durability() {
        String appendOnly = fact("aof_enabled").equals("1") ? "yes" : "no";
        return appendFsync == null || appendOnly.equals("no")
                ? "appendonly is " + appendOnly
                : "appendonly is %s, appendfsync is %s".formatted(appendOnly, appendFsync);
    }

    /// Whether a crash of the server can lose writes that it has acknowledged.
    public boolean canLoseWrites() {
        return !(fact("aof_enabled").equals("1") && "always".equals(appendFsync));
    }
}
