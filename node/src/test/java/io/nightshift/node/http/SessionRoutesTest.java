package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Browsers that sign in. The requests are written by hand, since Java's client does not let a test choose
/// headers such as `Sec-Fetch-Site`.
@Timeout(600)
final class SessionRoutesTest {

    private static final String TOKEN = Token.random();

    private HttpServer server;
    private String origin;

    @BeforeEach
    void start() {
        Tokens tokens = new Tokens(List.of(new Token("local", Role.ADMIN, Token.digest(TOKEN))));
        GatewayAccess access = new GatewayAccess(() -> tokens, 1_000);
        List<Endpoint> endpoints = new ArrayList<>(new SessionRoutes(access, "node:1", "1.0").endpoints());
        Endpoint.Handler done = call ->
                CompletableFuture.completedFuture(Answer.json(200, call.caller().name()));
        endpoints.add(TestEndpoints.get("/data", Role.READ, done));
        endpoints.add(TestEndpoints.post("/change", Role.ADMIN, done));
        server = HttpServer.start(
                "127.0.0.1", 0, null, new Access(access, true), HttpLimits.DEFAULT, List.copyOf(endpoints));
        origin = "http://127.0.0.1:" + server.port();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// @return the head and the body of the answer
    private String send(String request, String... headers) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            String text = "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nContent-Length: 0\r\n"
                    .formatted(request, server.port());
            for (String header : headers) {
                text += header + "\r\n";
            }
            socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }

    private String cookie(String answer) {
        return "Cookie: " + find("Set-Cookie: ([^;]+)", answer);
    }

    private String signedIn() {
        return cookie(send("POST /session", "Authorization: Bearer " + TOKEN));
    }

    @Test
    void aTokenIsExchangedForACookieThatScriptsAndOtherSitesDoNotGet() {
        String answer = send("POST /session", "Authorization: Bearer " + TOKEN);
        assertThat(answer).startsWith("HTTP/1.1 200 ").contains("\"name\":\"local\"", "\"role\":\"admin\"");
        assertThat(find("Set-Cookie: (.*)\r\n", answer))
                .contains("; HttpOnly; SameSite=Strict")
                .doesNotContain("Path", TOKEN, Token.digest(TOKEN));
        assertThat(send("GET /data", cookie(answer)))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("local");
        assertThat(send("GET /session", cookie(answer))).contains("\"node\":\"node:1\"", "\"version\":\"1.0\"");
    }

    @Test
    void aCodeSignsInOnceAndNothingElse() {
        String code = find("\"code\":\"([^\"]+)\"", send("POST /session/codes", "Authorization: Bearer " + TOKEN));
        assertThat(send("GET /data", "Authorization: Code " + code)).startsWith("HTTP/1.1 401 ");
        String answer = send("POST /session", "Authorization: Code " + code);
        assertThat(send("GET /data", cookie(answer))).startsWith("HTTP/1.1 200 ");
        assertThat(send("POST /session", "Authorization: Code " + code))
                .startsWith("HTTP/1.1 401 ")
                .contains("was used before");
    }

    @Test
    void aSessionMakesNoOtherSession() {
        String cookie = signedIn();
        assertThat(send("POST /session", cookie, "Origin: " + origin)).startsWith("HTTP/1.1 401 ");
        assertThat(send("POST /session/codes", cookie, "Origin: " + origin)).startsWith("HTTP/1.1 401 ");
    }

    @Test
    void aChangeWithACookieMustComeFromAPageOfThisServer() {
        String cookie = signedIn();
        assertThat(send("POST /change", cookie, "Origin: " + origin)).startsWith("HTTP/1.1 200 ");
        assertThat(send("POST /change", cookie, "Sec-Fetch-Site: same-origin", "Origin: " + origin))
                .startsWith("HTTP/1.1 200 ");
        for (String header : List.of(
                "Origin: https://evil.example.org",
                "Origin: null",
                "Origin: http://127.0.0.1:1",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: none",
                "X-Nothing: 1")) {
            assertThat(send("POST /change", cookie, header)).as(header).startsWith("HTTP/1.1 403 ");
        }
        assertThat(send("POST /change", cookie, "Sec-Fetch-Site: same-site", "Origin: " + origin))
                .startsWith("HTTP/1.1 403 ");
    }

    @Test
    void otherPortsOfThisMachineCannotReadWithACookie() {
        String cookie = signedIn();
        assertThat(send("GET /data", cookie, "Sec-Fetch-Site: same-site")).startsWith("HTTP/1.1 403 ");
        assertThat(send("GET /data", cookie, "Origin: http://127.0.0.1:1")).startsWith("HTTP/1.1 403 ");
        assertThat(send("GET /data", cookie, "Sec-Fetch-Site: none")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aForgedCookieIsNoSession() {
        String cookie = signedIn();
        assertThat(send("GET /data", cookie + "A")).startsWith("HTTP/1.1 401 ").contains("The session has ended");
        assertThat(send("GET /data", cookie.replaceFirst("=.*", "=x"))).startsWith("HTTP/1.1 401 ");
        assertThat(send("GET /data", "Cookie: ;;=,\"")).startsWith("HTTP/1.1 401 ");
    }

    @Test
    void signingOutDeletesTheCookie() {
        assertThat(send("DELETE /session", signedIn(), "Origin: " + origin))
                .startsWith("HTTP/1.1 204 ")
                .contains("=; HttpOnly; SameSite=Strict; Max-Age=0");
    }
}
