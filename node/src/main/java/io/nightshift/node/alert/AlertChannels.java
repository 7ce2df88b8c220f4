package io.nightshift.node.alert;

import io.nightshift.coordinator.alert.AlertNotification;
import io.nightshift.coordinator.alert.AlertSender;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.tls.TlsFiles;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Sends messages to the channels of the configuration, on threads of its own. Safe for several threads.
public final class AlertChannels implements AlertSender {

    /// The header with the key of the incident.
    static final String KEY = "Nightshift-Key";

    /// The header with what the signature covers besides the body: the seconds since 1970.
    static final String TIMESTAMP = "Nightshift-Timestamp";

    /// The header with the signature of time and body.
    static final String SIGNATURE = "Nightshift-Signature";

    private static final int CONNECT_MILLIS = 3_000;

    private final Map<String, AlertChannel> channels;
    private final String node;
    private final InstantSource clock;
    private final HttpPoster http;
    private final CommandRunner commands;
    private final ExecutorService executor = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("alert-", 1).factory());

    /// @param channels by name
    /// @param node the node's name, for test messages
    public AlertChannels(Map<String, AlertChannel> channels, String node, InstantSource clock) {
        this.channels = Map.copyOf(channels);
        this.node = node;
        this.clock = clock;
        this.http = new HttpPoster(executor);
        this.commands = new CommandRunner(executor);
    }

    @Override
    public CompletableFuture<Outcome> send(AlertNotification notification) {
        AlertChannel channel = channels.get(notification.channel());
        if (channel == null) {
            return CompletableFuture.completedFuture(
                    Outcome.failed("the configuration of %s has no such channel".formatted(node)));
        }
        return later(() -> send(channel, notification, false));
    }

    /// Sends a test message. The incident that it opens with PagerDuty is resolved at once.
    ///
    /// @throws FailureException permanent, if there is no such channel
    public CompletableFuture<Outcome> test(String name) {
        AlertChannel channel = channels.get(name);
        if (channel == null) {
            throw FailureException.permanent(unknown(name));
        }
        Instant now = clock.instant();
        String summary = "This is a test of the channel %s by Nightshift. Nothing is wrong.".formatted(name);
        String key = "test/%s/%s/%d".formatted(node, name, now.toEpochMilli());
        Function<AlertStep, AlertNotification> message = step -> new AlertNotification(
                name,
                step,
                key,
                AlertSubject.node(node),
                AlertCause.NODE_EXCLUDED,
                null,
                summary,
                now,
                step == AlertStep.RESOLVED ? now : null,
                step == AlertStep.RESOLVED ? "The test is over." : null,
                1);
        CompletableFuture<Outcome> raised = later(() -> send(channel, message.apply(AlertStep.RAISED), true));
        return channel instanceof AlertChannel.PagerDuty
                ? raised.thenCompose(outcome -> outcome.delivered()
                        ? send(channel, message.apply(AlertStep.RESOLVED), true)
                        : CompletableFuture.completedFuture(outcome))
                : raised;
    }

    private String unknown(String name) {
        String near = NameSuggestion.closest(name, channels.keySet());
        if (channels.isEmpty()) {
            return "there is no channel %s; the configuration has no nightshift.alerts.channels".formatted(name);
        }
        return "there is no channel %s; %s"
                .formatted(
                        name,
                        near == null
                                ? "the configuration has " + String.join(", ", new TreeSet<>(channels.keySet()))
                                : "did you mean %s?".formatted(near));
    }

    /// Starts an attempt on another thread, because it reads secrets from files. To cancel the result ends
    /// the attempt.
    private CompletableFuture<Outcome> later(Supplier<CompletableFuture<Outcome>> attempt) {
        CompletableFuture<Outcome> result = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                CompletableFuture<Outcome> started = attempt.get();
                var _ = result.whenComplete((outcome, error) -> started.cancel(true));
                var _ = started.whenComplete((outcome, error) ->
                        result.complete(outcome != null ? outcome : Outcome.failed("the attempt failed: " + error)));
            } catch (FailureException e) {
                result.complete(HttpPoster.notSent(e));
            } catch (RuntimeException e) {
                result.complete(
                        Outcome.failed("the attempt failed: " + e.getClass().getSimpleName()));
            }
        });
        return result;
    }

    private CompletableFuture<Outcome> send(AlertChannel channel, AlertNotification notification, boolean isTest) {
        return switch (channel) {
            case AlertChannel.Webhook(AlertChannel.Target target, Secret secret) -> {
                String body = AlertBodies.json(notification, isTest);
                yield post(target, body, secret == null ? null : secret.read(), notification);
            }
            case AlertChannel.Slack(AlertChannel.Target target) -> {
                String url = target.url().read();
                HttpPoster.Post post =
                        new HttpPoster.Post(url, AlertBodies.slack(notification, isTest), Map.of(), secretsOf(url));
                yield http.send(post, target);
            }
            case AlertChannel.PagerDuty(AlertChannel.Target target, Secret routingKey) -> {
                String key = routingKey.read();
                String body = AlertBodies.pagerDuty(notification, key, isTest);
                yield http.send(new HttpPoster.Post(target.url().read(), body, Map.of(), List.of(key)), target);
            }
            case AlertChannel.Command command -> commands.run(command, AlertBodies.json(notification, isTest));
        };
    }

    private CompletableFuture<Outcome> post(
            AlertChannel.Target target, String body, @Nullable String secret, AlertNotification notification) {
        String url = target.url().read();
        List<String> secrets = new ArrayList<>(target.url() instanceof Secret.Plain ? List.of() : secretsOf(url));
        String time = String.valueOf(clock.instant().getEpochSecond());
        Map<String, String> headers = new TreeMap<>();
        headers.put(KEY, ascii(notification.key()));
        headers.put(TIMESTAMP, time);
        if (secret != null) {
            secrets.add(secret);
            headers.put(SIGNATURE, "v1=" + signature(secret, time, body));
        }
        return http.send(new HttpPoster.Post(url, body, headers, secrets), target);
    }

    /// Names of nodes and jobs are ASCII; anything else would break a header.
    private static String ascii(String key) {
        return key.replaceAll("[^!-~]", "_");
    }

    /// The secret part of a secret URL. Its host is none.
    private static List<String> secretsOf(String url) {
        try {
            URI uri = URI.create(url);
            List<String> secrets = new ArrayList<>();
            if (uri.getRawPath() != null && uri.getRawPath().length() > 1) {
                secrets.add(uri.getRawPath());
            }
            if (uri.getRawQuery() != null) {
                secrets.add(uri.getRawQuery());
            }
            return secrets;
        } catch (IllegalArgumentException e) {
            return List.of(url);
        }
    }

    /// HMAC-SHA256 of `time.body`, in hexadecimal digits.
    static String signature(String secret, String time, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal((time + "." + body).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    /// The problem that keeps a channel from working; null if there is none. Problems are a secret that can't be
    /// read, a wrong URL, an address that can't be reached, or a command that is no program. Sends nothing. Waits
    /// for disks and connections.
    public static @Nullable String problem(AlertChannel channel) {
        try {
            return switch (channel) {
                case AlertChannel.Webhook(AlertChannel.Target target, Secret secret) -> {
                    if (secret != null) {
                        var _ = secret.read();
                    }
                    yield problem(target);
                }
                case AlertChannel.Slack(AlertChannel.Target target) -> problem(target);
                case AlertChannel.PagerDuty(AlertChannel.Target target, Secret routingKey) -> {
                    var _ = routingKey.read();
                    yield problem(target);
                }
                case AlertChannel.Command command -> problem(command);
            };
        } catch (FailureException e) {
            return e.failure().message();
        }
    }

    private static @Nullable String problem(AlertChannel.Target target) {
        String url = target.url().read();
        String wrong = AlertUrl.problem(url, target.allowsPlainHttp());
        if (wrong != null) {
            return "the URL " + wrong;
        }
        if (target.ca() != null) {
            var _ = TlsFiles.trusting(target.ca());
        }
        URI uri = URI.create(url);
        if (System.getProperty(uri.getScheme() + ".proxyHost") != null) {
            return null;
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return null;
        } catch (IOException e) {
            return "no connection to %s:%d: %s".formatted(host, port, e.getMessage());
        }
    }

    private static @Nullable String problem(AlertChannel.Command command) {
        String program = command.command().getFirst();
        if (program.contains("/")) {
            return Files.isExecutable(Path.of(program)) ? null : "%s is no executable file".formatted(program);
        }
        String path = System.getenv("PATH");
        for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
                return null;
            }
        }
        return "there is no program %s in the folders of PATH".formatted(program);
    }

    /// Ends the threads, with what they send. Called once, by commands that end.
    public void close() {
        executor.shutdownNow();
        try {
            var _ = executor.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
