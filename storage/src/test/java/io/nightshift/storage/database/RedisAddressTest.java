package io.nightshift.storage.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {

    @Test
    void isReadFromAUrl() {
        assertThat(RedisAddress.of("redis://cache.example.org"))
                .isEqualTo(new RedisAddress("cache.example.org", 6379, 0, false, null));
        assertThat(RedisAddress.of("rediss://cache.example.org:6380/3?ca=/etc/ca.pem"))
                .isEqualTo(new RedisAddress("cache.example.org", 6380, 3, true, Path.of("/etc/ca.pem")));
        assertThat(RedisAddress.of("redis://[::1]:7000/")).isEqualTo(new RedisAddress("::1", 7000, 0, false, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://cache",
                "redis:cache",
                "redis://me:hush@cache",
                "redis://cache/one",
                "redis://cache?ca=/etc/ca.pem",
                "rediss://cache?password=hush",
                "redis://cache here"
            })
    void ofAnotherFormIsRefusedWithoutItsText(String url) {
        assertThatThrownBy(() -> RedisAddress.of(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("expected redis://host:6379/0")
                .hasMessageNotContaining("hush");
    }
}
