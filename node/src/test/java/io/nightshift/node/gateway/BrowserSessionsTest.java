package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrowserSessionsTest {

    private static final String TOKEN = Token.digest(Token.random());

    private Instant now = Instant.parse("2026-11-27T01:00:00Z");
    private final BrowserSessions sessions = new BrowserSessions(new byte[32], () -> now);

    @Test
    void aSessionLastsANight() {
        String cookie = sessions.open(TOKEN);
        assertThat(sessions.tokenOf(cookie)).isEqualTo(TOKEN);
        now = now.plus(BrowserSessions.LIFETIME).minusSeconds(1);
        assertThat(sessions.tokenOf(cookie)).isEqualTo(TOKEN);
        now = now.plusSeconds(1);
        assertThat(sessions.tokenOf(cookie)).isNull();
    }

    @Test
    void aCookieTellsNothingAndCannotBeForged() {
        String cookie = sessions.open(TOKEN);
        assertThat(cookie).doesNotContain(TOKEN).isNotEqualTo(sessions.open(TOKEN));
        byte[] otherKey = {1};
        assertThat(new BrowserSessions(java.util.Arrays.copyOf(otherKey, 32), () -> now).tokenOf(cookie))
                .isNull();
        char last = cookie.charAt(20);
        assertThat(sessions.tokenOf(cookie.substring(0, 20) + (last == 'a' ? 'b' : 'a') + cookie.substring(21)))
                .isNull();
        for (String wrong : new String[] {"", "x", "%%%", cookie.substring(1), cookie + "AAAA"}) {
            assertThat(sessions.tokenOf(wrong)).as(wrong).isNull();
        }
    }

    @Test
    void aCodeIsValidOnceAndForAMinute() {
        String code = sessions.code(TOKEN);
        assertThat(sessions.redeem(code)).isEqualTo(TOKEN);
        assertThat(sessions.redeem(code)).isNull();

        String late = sessions.code(TOKEN);
        now = now.plus(BrowserSessions.CODE_LIFETIME);
        assertThat(sessions.redeem(late)).isNull();
        assertThat(sessions.redeem("unknown")).isNull();
    }

    @Test
    void aFileThatHoldsNoKeyKeepsNoNodeFromStarting(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("session-key"), "not a key");
        BrowserSessions sessionsOfProcess = BrowserSessions.of(folder);
        assertThat(sessionsOfProcess.tokenOf(sessionsOfProcess.open(TOKEN))).isEqualTo(TOKEN);
    }

    @Test
    void aKeyThatOtherUsersMayReadIsNotUsed(@TempDir Path folder) throws IOException {
        String cookie = BrowserSessions.of(folder).open(TOKEN);
        Path key = folder.resolve("session-key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");

        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));

        assertThat(BrowserSessions.of(folder).tokenOf(cookie)).isNull();
    }

    @Test
    void onlyTheLastCodesAreKept() {
        String first = sessions.code(TOKEN);
        for (int i = 0; i < 1_000; i++) {
            sessions.code(TOKEN);
        }
        assertThat(sessions.redeem(first)).isNull();
    }

    @Test
    void aRestartKeepsSessionsAndAnotherHomeHasOthers(@TempDir Path folder) {
        String cookie = BrowserSessions.of(folder.resolve("a")).open(TOKEN);
        BrowserSessions again = BrowserSessions.of(folder.resolve("a"));
        BrowserSessions other = BrowserSessions.of(folder.resolve("b"));
        assertThat(again.tokenOf(cookie)).isEqualTo(TOKEN);
        assertThat(other.tokenOf(cookie)).isNull();
        assertThat(other.cookieName()).isNotEqualTo(again.cookieName());
    }
}
