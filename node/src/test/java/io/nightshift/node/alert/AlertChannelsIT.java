package io.nightshift.node.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.coordinator.alert.AlertNotification;
import io.nightshift.coordinator.alert.AlertSender.Outcome;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.TestAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The channels, with a real receiver and real commands.
@Timeout(300)
final class AlertChannelsIT {

    private static final Instant NOW = Instant.parse("2026-11-27T02:13:05Z");
    private static final String KEY = "batch/churn-1/failed/1795745585000";

    /// How long a receiver or a command that answers may take.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    private HttpReceiver receiver;

    @BeforeEach
    void open() throws IOException {
        receiver = new HttpReceiver();
    }

    @AfterEach
    void close() {
        receiver.close();
    }

    private static AlertNotification notification(AlertStep step) {
        boolean isEnd = step == AlertStep.RESOLVED;
        return new AlertNotification(
                "ops",
                step,
                KEY,
                AlertSubject.of(new BatchId("churn-1")),
                AlertCause.FAILED,
                "churn",
                "Batch churn-1 failed: <the> column \"x\" is missing; $(touch hacked)",
                NOW,
                isEnd ? NOW.plusSeconds(60) : null,
                isEnd ? "The batch is published." : null,
                2);
    }

    private Outcome send(AlertChannel channel, AlertStep step) throws Exception {
        AlertChannels channels =
                new AlertChannels(Map.of("ops", channel), "node-a:7355", InstantSource.fixed(NOW.plusSeconds(9)));
        try {
            return channels.send(notification(step)).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } finally {
            channels.close();
        }
    }

    private Outcome send(AlertChannel channel) throws Exception {
        return send(channel, AlertStep.RAISED);
    }

    private AlertChannel.Target target(String path) {
        return new AlertChannel.Target(new Secret.Plain(receiver.uri(path).toString()), false, null, PATIENCE);
    }

    private AlertChannel webhook(String path, @Nullable String secret) throws IOException {
        return new AlertChannel.Webhook(target(path), secret == null ? null : inFile("secret", secret));
    }

    private AlertChannel impatientWebhook() {
        Secret url = new Secret.Plain(receiver.uri("/").toString());
        return new AlertChannel.Webhook(new AlertChannel.Target(url, false, null, Duration.ofSeconds(1)), null);
    }

    private Secret inFile(String name, String text) throws IOException {
        return new Secret.InFile(Files.writeString(folder.resolve(name), text + "\n"));
    }

    private JsonNode body(int request) throws IOException {
        return new ObjectMapper().readTree(receiver.requests().get(request).body());
    }

    // Webhooks.

    @Test
    void aWebhookGetsSignedJsonWithTheKey() throws Exception {
        Outcome outcome = send(webhook("/hook?x=1", "s3cret"));

        assertThat(outcome).isEqualTo(Outcome.delivered("200 ok"));
        HttpReceiver.Request request = receiver.requests().getFirst();
        assertThat(request.path()).isEqualTo("/hook?x=1");
        assertThat(request.headers())
                .containsEntry("content-type", "application/json")
                .containsEntry("nightshift-key", KEY)
                .containsEntry("nightshift-timestamp", "1795745594")
                .containsEntry("nightshift-signature", "v1=" + hmac("s3cret", "1795745594." + request.body()));
        JsonNode json = body(0);
        assertThat(json.get("version").asInt()).isEqualTo(1);
        assertThat(json.get("event").asText()).isEqualTo("raised");
        assertThat(json.get("sequence").asInt()).isEqualTo(1);
        assertThat(json.get("key").asText()).isEqualTo(KEY);
        assertThat(json.get("cause").asText()).isEqualTo("failed");
        assertThat(json.get("severity").asText()).isEqualTo("critical");
        assertThat(json.at("/subject/type").asText()).isEqualTo("batch");
        assertThat(json.at("/subject/name").asText()).isEqualTo("churn-1");
        assertThat(json.get("job").asText()).isEqualTo("churn");
        assertThat(json.get("raised_at").asText()).isEqualTo("2026-11-27T02:13:05Z");
        assertThat(json.get("resolved_at").isNull()).isTrue();
    }

    private static String hmac(String secret, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aWebhookWithoutSecretIsNotSignedAndIsToldOfTheEnd() throws Exception {
        assertThat(send(webhook("/", null), AlertStep.RESOLVED).delivered()).isTrue();

        assertThat(receiver.requests().getFirst().headers()).doesNotContainKey("nightshift-signature");
        assertThat(body(0).get("event").asText()).isEqualTo("resolved");
        assertThat(body(0).get("sequence").asInt()).isEqualTo(2);
        assertThat(body(0).get("resolution").asText()).isEqualTo("The batch is published.");
    }

    @Test
    void aNewSecretCountsForTheNextMessage() throws Exception {
        AlertChannel channel = webhook("/", "old");
        send(channel);
        inFile("secret", "new");
        send(channel);

        HttpReceiver.Request second = receiver.requests().get(1);
        assertThat(second.headers())
                .containsEntry("nightshift-signature", "v1=" + hmac("new", "1795745594." + second.body()));
    }

    @Test
    void aRedirectIsNotFollowedAndSaysSo() throws Exception {
        receiver.behave(exchange -> {
            exchange.getResponseHeaders()
                    .add("Location", receiver.uri("/elsewhere").toString());
            HttpReceiver.respond(exchange, 307, "");
        });

        Outcome outcome = send(webhook("/hook", "s3cret"));

        assertThat(outcome.delivered()).isFalse();
        assertThat(outcome.answer())
                .isEqualTo("the receiver answered with a redirect (status 307), which is not followed."
                        + " Configure the URL that it leads to");
        assertThat(receiver.requests()).hasSize(1);
    }

    @Test
    void anErrorIsQuotedOnOneLineWithoutTheSecretThatItRepeats() throws Exception {
        receiver.behave(exchange -> {
            exchange.getResponseHeaders().add("Retry-After", "17");
            HttpReceiver.respond(exchange, 503, "no:\n s3cret \u001b[31mred " + "x".repeat(1_000));
        });

        Outcome outcome = send(webhook("/", "s3cret"));

        assertThat(outcome.delivered()).isFalse();
        assertThat(outcome.answer())
                .startsWith("the receiver answered with status 503: no: (secret) [31mred xxx")
                .hasSizeLessThan(300);
        assertThat(outcome.retryAfter()).isEqualTo(Duration.ofSeconds(17));
    }

    @Test
    void aReceiverThatDoesNotAnswerIsLeftAfterTheTimeout() throws Exception {
        receiver.behave(exchange -> hang());

        assertThat(send(impatientWebhook()).answer()).isEqualTo("the receiver did not answer within 1 s");
    }

    @Test
    void anAnswerThatNeverEndsIsLeftAfterTheTimeout() throws Exception {
        receiver.behave(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            hang();
        });

        assertThat(send(impatientWebhook()).answer()).isEqualTo("the receiver did not answer within 1 s");
    }

    /// Waits until the receiver is closed.
    private static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void ofALargeAnswerOnlyTheBeginningIsRead() throws Exception {
        receiver.behave(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] megabyte = new byte[1 << 20];
            for (int i = 0; i < 100_000; i++) {
                exchange.getResponseBody().write(megabyte);
            }
        });

        Outcome outcome = send(webhook("/", null));

        assertThat(outcome.delivered()).isTrue();
        assertThat(outcome.answer()).hasSizeLessThan(5_000);
    }

    /// The TLS context of a receiver, with a certificate of a new authority. The certificate of the authority
    /// is written to `NAME.pem`.
    ///
    /// @param host that the receiver's certificate is for
    private SSLContext tls(String name, String host) throws Exception {
        TestAuthority authority = new TestAuthority();
        authority.write(folder.resolve(name + ".pem"));
        return authority.server(host);
    }

    private Outcome sendTo(HttpReceiver other, @Nullable String authority) throws Exception {
        return send(new AlertChannel.Webhook(
                new AlertChannel.Target(
                        new Secret.Plain(other.uri("/hook").toString()),
                        false,
                        authority == null ? null : folder.resolve(authority + ".pem"),
                        PATIENCE),
                null));
    }

    @Test
    void messagesGoOnlyToReceiversWhoseCertificateIsTrusted() throws Exception {
        SSLContext tls = tls("receiver", "127.0.0.1");
        tls("other", "127.0.0.1");
        try (HttpReceiver secure = new HttpReceiver(tls)) {
            assertThat(sendTo(secure, null).answer())
                    .startsWith(
                            "the receiver's certificate is refused: no authority that the node trusts has issued it");
            assertThat(sendTo(secure, "other").answer())
                    .startsWith("the receiver's certificate is refused: no authority");
            assertThat(secure.requests()).isEmpty();

            assertThat(sendTo(secure, "receiver")).isEqualTo(Outcome.delivered("200 ok"));
            assertThat(secure.requests()).hasSize(1);
        }
    }

    @Test
    void aCertificateOfAnotherHostIsRefused() throws Exception {
        try (HttpReceiver elsewhere = new HttpReceiver(tls("elsewhere", "alerts.example.org"))) {
            assertThat(sendTo(elsewhere, "elsewhere").answer())
                    .startsWith("the receiver's certificate is refused: ")
                    .contains("127.0.0.1");
            assertThat(elsewhere.requests()).isEmpty();
        }
    }

    @Test
    void nothingListensThere() throws Exception {
        receiver.close();

        assertThat(send(webhook("/", null)).answer()).isEqualTo("nothing listens at the receiver's address");
    }

    @Test
    void byDefaultUnencryptedMessagesStayOnTheMachine() throws Exception {
        AlertChannel.Target target = new AlertChannel.Target(
                new Secret.Plain("http://alerts.example.org/"), false, null, Duration.ofSeconds(1));

        assertThat(send(new AlertChannel.Webhook(target, null)).answer())
                .isEqualTo(
                        "the URL sends messages unencrypted to another machine; use https, or set plain-http = true");
        assertThat(AlertUrl.problem("http://alerts.example.org/", true)).isNull();
        assertThat(AlertUrl.problem("http://[::1]:80/", false)).isNull();
        assertThat(AlertUrl.problem("http://127.0.0.1.example.org/", false)).isNotNull();
        assertThat(AlertUrl.problem("https://user:word@alerts.example.org/", true))
                .contains("credentials");
        assertThat(AlertUrl.problem("ftp://alerts.example.org/", true)).isNotNull();
        assertThat(AlertUrl.problem("alerts", true)).isNotNull();
        assertThat(AlertUrl.problem("https://", true)).isNotNull();
    }

    @Test
    void aSecretThatCantBeReadIsNamedByItsPlace() throws Exception {
        AlertChannel channel = new AlertChannel.Webhook(target("/"), new Secret.InFile(folder.resolve("missing")));
        AlertChannel other = new AlertChannel.Webhook(target("/"), new Secret.InEnvironment("NIGHTSHIFT_NO_SUCH"));

        assertThat(send(channel).answer())
                .isEqualTo("the file %s is missing, or can't be read as text in UTF-8"
                        .formatted(folder.resolve("missing")));
        assertThat(send(other).answer())
                .isEqualTo("the environment variable NIGHTSHIFT_NO_SUCH is not set for the node");
        assertThat(receiver.requests()).isEmpty();
    }

    // Slack and PagerDuty.

    @Test
    void slackGetsTextWhoseControlCharactersAreEscaped() throws Exception {
        AlertChannel slack = new AlertChannel.Slack(new AlertChannel.Target(
                inFile("url", receiver.uri("/services/T0/B0/XYZ").toString()), false, null, PATIENCE));

        assertThat(send(slack)).isEqualTo(Outcome.delivered("200 ok"));
        assertThat(send(slack, AlertStep.RESOLVED).delivered()).isTrue();

        assertThat(receiver.requests().getFirst().path()).isEqualTo("/services/T0/B0/XYZ");
        assertThat(body(0).properties()).extracting(Map.Entry::getKey).containsExactly("text");
        assertThat(body(0).get("text").asText())
                .isEqualTo(
                        ":rotating_light: *failed* (batch churn-1)\nBatch churn-1 failed: &lt;the&gt; column \"x\" is"
                                + " missing; $(touch hacked)");
        assertThat(body(1).get("text").asText())
                .isEqualTo(":white_check_mark: *Resolved: failed* (batch churn-1)\nThe batch is published.");
    }

    @Test
    void theUrlOfSlackIsASecret() throws Exception {
        AlertChannel slack = new AlertChannel.Slack(new AlertChannel.Target(
                inFile("url", receiver.uri("/services/T0/B0/XYZ").toString()), false, null, PATIENCE));
        receiver.behave(exchange -> HttpReceiver.respond(exchange, 404, "no_service at /services/T0/B0/XYZ"));

        assertThat(send(slack).answer()).isEqualTo("the receiver answered with status 404: no_service at (secret)");
        assertThat(slack.toString()).doesNotContain("XYZ");
    }

    @Test
    void pagerDutyGetsATriggerAndAResolveWithTheSameKey() throws Exception {
        AlertChannel page = new AlertChannel.PagerDuty(target("/v2/enqueue"), inFile("key", "R0UT1NG"));
        receiver.behave(exchange -> HttpReceiver.respond(
                exchange, 202, "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"k\"}"));

        assertThat(send(page).delivered()).isTrue();
        assertThat(send(page, AlertStep.RESOLVED).delivered()).isTrue();

        JsonNode trigger = body(0);
        assertThat(trigger.get("routing_key").asText()).isEqualTo("R0UT1NG");
        assertThat(trigger.get("event_action").asText()).isEqualTo("trigger");
        assertThat(trigger.get("dedup_key").asText()).isEqualTo(KEY);
        assertThat(trigger.at("/payload/summary").asText()).startsWith("Batch churn-1 failed");
        assertThat(trigger.at("/payload/source").asText()).isEqualTo("churn-1");
        assertThat(trigger.at("/payload/severity").asText()).isEqualTo("critical");
        assertThat(trigger.at("/payload/timestamp").asText()).isEqualTo("2026-11-27T02:13:05Z");
        assertThat(trigger.at("/payload/group").asText()).isEqualTo("churn");
        assertThat(trigger.at("/payload/class").asText()).isEqualTo("failed");
        assertThat(body(1).properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("routing_key", "event_action", "dedup_key");
        assertThat(body(1).get("event_action").asText()).isEqualTo("resolve");
        assertThat(body(1).get("dedup_key").asText()).isEqualTo(KEY);
    }

    @Test
    void aTestOfPagerDutyLeavesNoIncident() throws Exception {
        AlertChannel page = new AlertChannel.PagerDuty(target("/v2/enqueue"), inFile("key", "R0UT1NG"));
        AlertChannels channels = new AlertChannels(Map.of("page", page), "node-a:7355", InstantSource.fixed(NOW));

        assertThat(channels.test("page")
                        .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                        .delivered())
                .isTrue();
        channels.close();

        assertThat(body(0).at("/payload/severity").asText()).isEqualTo("info");
        assertThat(body(0).get("event_action").asText()).isEqualTo("trigger");
        assertThat(body(1).get("event_action").asText()).isEqualTo("resolve");
        assertThat(body(1).get("dedup_key").asText())
                .isEqualTo(body(0).get("dedup_key").asText());
    }

    @Test
    void anUnknownChannelIsRefusedWithTheKnownNames() throws IOException {
        AlertChannels channels =
                new AlertChannels(Map.of("ops", webhook("/", null)), "node-a:7355", InstantSource.fixed(NOW));

        assertThatThrownBy(() -> channels.test("pager"))
                .isInstanceOf(FailureException.class)
                .hasMessage("there is no channel pager; the configuration has ops");
        channels.close();
    }

    // Commands.

    private AlertChannel script(String text, Duration timeout) throws IOException {
        Path script = Files.writeString(folder.resolve("script"), text);
        return new AlertChannel.Command(List.of("/bin/sh", script.toString(), "an argument"), timeout);
    }

    @Test
    void aCommandGetsTheJsonAndItsArgumentsAndNoSecretOfTheNode() throws Exception {
        AlertChannel command = script(
                "cat > %1$s/in; echo \"$1\" > %1$s/argument; env > %1$s/env; echo sent".formatted(folder), PATIENCE);

        assertThat(send(command)).isEqualTo(Outcome.delivered("0 sent"));

        JsonNode json = new ObjectMapper().readTree(Files.readString(folder.resolve("in")));
        assertThat(json.get("key").asText()).isEqualTo(KEY);
        assertThat(json.get("summary").asText()).endsWith("$(touch hacked)");
        assertThat(folder.resolve("hacked")).doesNotExist();
        assertThat(Files.readString(folder.resolve("argument"))).isEqualTo("an argument\n");
        assertThat(Files.readAllLines(folder.resolve("env")))
                .allMatch(line -> line.matches("(PATH|HOME|LANG|LC_ALL|TZ|PWD|OLDPWD|SHLVL|_)=.*"));
    }

    @Test
    void aCommandThatFailsIsQuoted() throws Exception {
        Outcome outcome = send(script("echo no mail server >&2; exit 3", PATIENCE));

        assertThat(outcome).isEqualTo(Outcome.failed("the command ended with status 3: no mail server"));
    }

    @Test
    void aCommandThatHangsIsLeftAfterTheTimeout() throws Exception {
        Outcome outcome = send(script("exec sleep 3000", Duration.ofSeconds(1)));

        assertThat(outcome).isEqualTo(Outcome.failed("the command did not end within 1 s and was killed"));
    }

    /// As after the timeout, the outcome is there before the command ends.
    @Test
    void aCommandIsKilledWithItsChildrenWhenItsAttemptIsOver() throws Exception {
        AlertChannel command = script(
                "sleep 3000 & echo $! > %1$s/new; mv %1$s/new %1$s/child; wait".formatted(folder),
                Duration.ofMinutes(10));
        AlertChannels channels = new AlertChannels(Map.of("ops", command), "node-a:7355", InstantSource.fixed(NOW));
        CompletableFuture<Outcome> sent = channels.send(notification(AlertStep.RAISED));
        await().atMost(LIMIT).until(() -> Files.exists(folder.resolve("child")));
        long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());

        sent.cancel(true);

        await().atMost(LIMIT)
                .until(() ->
                        !ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false));
        channels.close();
    }

    @Test
    void aCommandThatDoesNotExistIsReported() throws Exception {
        AlertChannel missing =
                new AlertChannel.Command(List.of(folder.resolve("nothing").toString()), Duration.ofSeconds(1));

        assertThat(send(missing).answer()).startsWith("the command can't be started: ");
        assertThat(AlertChannels.problem(missing)).isEqualTo(folder.resolve("nothing") + " is no executable file");
    }

    // The doctor.

    @Test
    void whatKeepsAChannelFromWorkingIsFoundWithoutAMessage() throws Exception {
        assertThat(AlertChannels.problem(webhook("/", "s3cret"))).isNull();
        assertThat(receiver.requests()).isEmpty();
        assertThat(AlertChannels.problem(
                        new AlertChannel.PagerDuty(target("/"), new Secret.InEnvironment("NIGHTSHIFT_NO_SUCH"))))
                .isEqualTo("the environment variable NIGHTSHIFT_NO_SUCH is not set for the node");
        receiver.close();
        assertThat(AlertChannels.problem(webhook("/", "s3cret"))).startsWith("no connection to 127.0.0.1:");
    }
}
