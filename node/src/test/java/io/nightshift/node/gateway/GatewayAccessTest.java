package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.operation.Role;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GatewayAccessTest {

    private static final int RATE = 3;

    private final String reader = Token.random();
    private final String operator = Token.random();
    private final AtomicLong clock = new AtomicLong();
    private final GatewayAccess access = new GatewayAccess(
            () -> new Tokens(List.of(
                    new Token("reader", Role.READ, Token.digest(reader)),
                    new Token("operator", Role.ADMIN, Token.digest(operator)))),
            RATE,
            BrowserSessions.ofThisProcess(),
            clock::get);

    private Caller admit(@Nullable String token, Role role) {
        return access.admit(
                token,
                new GatewayAccess.Request(
                        role, "10.0.0.7", null, new GatewayAccess.Challenge("Bearer", "Send one with the request.")));
    }

    private void refuses(@Nullable String token, Role role, int status, String sentence) {
        assertThatThrownBy(() -> admit(token, role)).isInstanceOfSatisfying(ProblemException.class, refusal -> {
            assertThat(refusal.problem().status()).isEqualTo(status);
            assertThat(refusal.problem().detail()).isEqualTo(sentence);
        });
    }

    @Test
    void aTokenAllowsWhatItsRoleCovers() {
        assertThat(admit(operator, Role.SUBMIT)).isEqualTo(new Caller("operator", Role.ADMIN, "10.0.0.7"));
        assertThat(admit(reader, Role.READ)).isEqualTo(new Caller("reader", Role.READ, "10.0.0.7"));
        refuses(reader, Role.SUBMIT, 403, "The token reader has the role read, but the request needs the role submit.");
    }

    @Test
    void aDeniedChangeIsLoggedWithTheNameOfAKnownToken() {
        try (AuditLines lines = new AuditLines()) {
            GatewayAccess.Request change = new GatewayAccess.Request(
                    Role.ADMIN, "10.0.0.7", "delete", new GatewayAccess.Challenge("Bearer", "Send one."));
            assertThatThrownBy(() -> access.admit(reader, change)).isInstanceOf(ProblemException.class);
            assertThatThrownBy(() -> access.admit(Token.random(), change)).isInstanceOf(ProblemException.class);

            assertThat(lines.all())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith(
                                            "action=delete subject=- outcome=denied who=reader role=read from=10.0.0.7 "),
                            line -> assertThat(line).contains("outcome=denied who=unknown"));
        }
    }

    @Test
    void aMissingOrUnknownTokenIsRefused() {
        refuses(null, Role.READ, 401, "No token was sent. Send one with the request.");
        refuses(Token.random(), Role.READ, 401, "The node does not know the token. It may have been revoked.");
        refuses("", Role.READ, 401, "The node does not know the token. It may have been revoked.");
    }

    @Test
    void anAddressCannotGuessTokensFasterThanTheRate() {
        String sentence = "The caller sends more than 3 requests per second. Send fewer, or send them later.";
        for (int i = 0; i < RATE; i++) {
            refuses(Token.random(), Role.READ, 401, "The node does not know the token. It may have been revoked.");
        }
        refuses(Token.random(), Role.READ, 429, sentence);

        for (int i = 0; i < RATE; i++) {
            admit(operator, Role.READ);
        }
        refuses(operator, Role.READ, 429, sentence);
        assertThat(access.admitAnyone("10.0.0.7").role()).isEqualTo(Role.READ);

        clock.addAndGet(1_000_000_000);
        admit(operator, Role.READ);
    }
}
