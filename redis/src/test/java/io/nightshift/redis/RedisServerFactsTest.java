package io.nightshift.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RedisServerFactsTest {

    private static RedisServerFacts server(Map<String, String> facts) {
        return new RedisServerFacts(facts, "everysec");
    }

    @Test
    void isRefusedIfItIsTooOldOrASentinel() {
        assertThat(server(Map.of("redis_version", "6.0.16")).obstacles())
                .containsExactly("the server is Redis 6.0.16; use Redis 6.2 or newer, or Valkey");
        assertThat(server(Map.of("redis_version", "7.2.4", "redis_mode", "sentinel"))
                        .obstacles())
                .containsExactly("the server is a sentinel, which holds no data; name the primary server");
        assertThat(server(Map.of(
                                "redis_version",
                                "7.2.4",
                                "valkey_version",
                                "8.1.1",
                                "maxmemory_policy",
                                "volatile-lru"))
                        .obstacles())
                .isEmpty();
    }

    @Test
    void losesWritesUnlessItWritesEachToTheDisk() {
        RedisServerFacts lax = server(Map.of("aof_enabled", "1"));
        assertThat(lax.canLoseWrites()).isTrue();
        assertThat(lax.durability()).isEqualTo("appendonly is yes, appendfsync is everysec");
        RedisServerFacts none = server(Map.of("aof_enabled", "0"));
        assertThat(none.canLoseWrites()).isTrue();
        assertThat(none.durability()).isEqualTo("appendonly is no");
        assertThat(new RedisServerFacts(Map.of("aof_enabled", "1"), "always").canLoseWrites())
                .isFalse();
        assertThat(new RedisServerFacts(Map.of("aof_enabled", "1"), null).canLoseWrites())
                .isTrue();
    }

    @Test
    void namesItsKind() {
        assertThat(server(Map.of("redis_version", "7.2.4")).version()).isEqualTo("Redis 7.2.4");
        assertThat(server(Map.of("redis_version", "7.2.4", "valkey_version", "8.1.1"))
                        .version())
                .isEqualTo("Valkey 8.1.1");
    }
}
