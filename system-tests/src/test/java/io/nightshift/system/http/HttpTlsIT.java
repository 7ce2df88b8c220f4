package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.operation.Role;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.HttpClientBuilder;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokenSettings;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.node.http.HttpLimits;
import io.nightshift.system.tls.TestCertificates;
import io.nightshift.tls.TlsFiles;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// HTTP over TLS, with and without client certificates.
@Timeout(300)
final class HttpTlsIT {

    private static final String HOST = "127.0.0.1";
    private static final String TOKEN = Token.random();

    @TempDir
    static Path folder;

    private static TestCertificates certificates;
    private static TestCertificates strange;

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = TestCertificates.make(folder.resolve("ca"), HOST);
        strange = TestCertificates.make(folder.resolve("strange-ca"), HOST);
    }

    private static HttpNode node(TlsFiles files) {
        Tokens tokens = new Tokens(List.of(new Token("reader", Role.READ, Token.digest(TOKEN))));
        return new HttpNode(
                folder.resolve("home"),
                new HttpSettings(true, HOST, 0, files, new TokenSettings(tokens, null), HttpLimits.DEFAULT));
    }

    private static Path ca(TestCertificates of) {
        return Objects.requireNonNull(of.of(HOST).ca());
    }

    private static HttpClientBuilder client(HttpNode node) {
        return NightshiftClient.overHttp(URI.create("https://%s:%d".formatted(HOST, node.port)))
                .token(TOKEN)
                .attempts(1);
    }

    private static void works(HttpClientBuilder builder) {
        try (NightshiftClient client = builder.build()) {
            assertThat(client.list(BatchFilter.ALL).toCompletableFuture().join().batches())
                    .isEmpty();
        }
    }

    private static void fails(HttpClientBuilder builder) {
        try (NightshiftClient client = builder.build()) {
            assertThatThrownBy(() ->
                            client.list(BatchFilter.ALL).toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            NightshiftException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(NightshiftException.Kind.UNREACHABLE));
        }
    }

    @Test
    void aClientThatTrustsTheAuthorityIsAnsweredOverTls() {
        TlsFiles own = certificates.of(HOST);
        try (HttpNode node = node(new TlsFiles(own.certificate(), own.privateKey(), null))) {
            works(client(node).tls(TlsFiles.trusting(ca(certificates))));
            fails(client(node).tls(TlsFiles.trusting(ca(strange))));
            fails(NightshiftClient.overHttp(node.uri("")).attempts(1));
        }
    }

    @Test
    void renewedCertificatesAreUsedWithoutARestart() throws Exception {
        Path renewed = folder.resolve("renewed");
        TlsFiles own = TestCertificates.make(renewed, HOST).of(HOST);
        try (HttpNode node = node(new TlsFiles(own.certificate(), own.privateKey(), null))) {
            works(client(node).tls(TlsFiles.trusting(renewed.resolve("ca.pem"))));
            TlsFiles other = strange.of(HOST);
            Files.copy(other.privateKey(), own.privateKey(), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(other.certificate(), own.certificate(), StandardCopyOption.REPLACE_EXISTING);
            await().atMost(Duration.ofMinutes(2))
                    .ignoreExceptions()
                    .untilAsserted(() -> works(client(node).tls(TlsFiles.trusting(ca(strange)))));
            fails(client(node).tls(TlsFiles.trusting(renewed.resolve("ca.pem"))));
        }
    }

    @Test
    void overTlsClientsMayUseHttp2() throws Exception {
        TlsFiles own = certificates.of(HOST);
        try (HttpNode node = node(new TlsFiles(own.certificate(), own.privateKey(), null));
                HttpClient http = HttpClient.newBuilder()
                        .sslContext(TlsFiles.trusting(ca(certificates)))
                        .build()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("https://%s:%d/v1/jobs".formatted(HOST, node.port)))
                    .header("Authorization", "Bearer " + TOKEN);
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            HttpResponse<String> refused = http.send(
                    request.uri(URI.create("https://%s:%d/v1/batches".formatted(HOST, node.port)))
                            .header("Content-Type", "application/yaml")
                            .POST(HttpRequest.BodyPublishers.ofString(" ".repeat(300 * 1_024)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).as("the token may only read").isEqualTo(403);
        }
    }

    @Test
    void withAnAuthorityForClientsOnlyItsClientsAreAnswered() {
        try (HttpNode node = node(certificates.of(HOST))) {
            works(client(node).tls(certificates.of(HOST).context()));
            fails(client(node).tls(TlsFiles.trusting(ca(certificates))));
            TlsFiles other = strange.of(HOST);
            fails(client(node).tls(new TlsFiles(other.certificate(), other.privateKey(), ca(certificates)).context()));
        }
    }
}
