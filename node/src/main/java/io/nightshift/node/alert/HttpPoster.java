package io.nightshift.node.alert;

import io.nightshift.coordinator.alert.AlertSender.Outcome;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.tls.TlsFiles;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Sends messages by HTTP.
///
/// A redirect is not followed: the receiver of a message, and of its secrets, is the one that the
/// configuration names. Certificates and host names are verified. An attempt has a time limit, which includes
/// the body of the answer, and reads at most the first [#MOST_READ] bytes of it. Safe for several threads.
public final class HttpPoster {

    private static final int MOST_READ = 4_096;

    /// How much of an answer a failure quotes.
    private static final int MOST_QUOTED = 200;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final Executor executor;
    private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

    /// @param executor runs what waits
    public HttpPoster(Executor executor) {
        this.executor = executor;
    }

    /// A message by HTTP.
    ///
    /// @param url where it is sent
    /// @param body a JSON document
    /// @param headers besides the type of the content
    /// @param secrets texts that no outcome may contain
    public record Post(String url, String body, Map<String, String> headers, List<String> secrets) {}

    /// Sends a message once.
    public CompletableFuture<Outcome> send(Post post, AlertChannel.Target target) {
        String problem = AlertUrl.problem(post.url(), target.allowsPlainHttp());
        if (problem != null) {
            return CompletableFuture.completedFuture(Outcome.failed("the URL " + problem));
        }
        Duration timeout = target.timeout();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(post.url()))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("User-Agent", "Nightshift")
                .POST(BodyPublishers.ofString(post.body()));
        post.headers().forEach(request::header);
        CompletableFuture<HttpResponse<String>> response =
                client(target.ca()).sendAsync(request.build(), info -> new BoundedBody());
        CompletableFuture<Outcome> outcome = response.handle((answer, error) ->
                        without(post.secrets(), answer == null ? failed(error, timeout) : outcome(answer)))
                .completeOnTimeout(
                        Outcome.failed(timedOut(timeout)),
                        timeout.plusSeconds(1).toMillis(),
                        TimeUnit.MILLISECONDS);
        var _ = outcome.whenComplete((result, error) -> response.cancel(true));
        return outcome;
    }

    private HttpClient client(@Nullable Path ca) {
        return clients.computeIfAbsent(String.valueOf(ca), key -> {
            HttpClient.Builder client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .executor(executor);
            return (ca == null ? client : client.sslContext(TlsFiles.trusting(ca))).build();
        });
    }

    private static Outcome outcome(HttpResponse<String> answer) {
        int status = answer.statusCode();
        String body = printable(answer.body());
        if (status >= 200 && status < 300) {
            return Outcome.delivered((status + " " + body).strip());
        }
        if (status >= 300 && status < 400) {
            return Outcome.failed(
                    "the receiver answered with a redirect (status %d), which is not followed. Configure the URL that it leads to"
                            .formatted(status));
        }
        String quoted = body.isEmpty() ? "" : ": " + Failure.shortened(body, MOST_QUOTED);
        return new Outcome(
                false, "the receiver answered with status %d%s".formatted(status, quoted), retryAfter(answer));
    }

    private static @Nullable Duration retryAfter(HttpResponse<?> answer) {
        return answer.headers()
                .firstValue("Retry-After")
                .filter(seconds -> seconds.matches("\\d{1,6}"))
                .map(seconds -> Duration.ofSeconds(Integer.parseInt(seconds)))
                .orElse(null);
    }

    private static Outcome failed(@Nullable Throwable error, Duration timeout) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return Outcome.failed(
                switch (cause) {
                    case HttpTimeoutException late -> timedOut(timeout);
                    case CancellationException cancelled -> "the attempt was ended";
                    case SSLException tls -> refused(tls);
                    case ConnectException refused when isUnknown(refused) -> "the receiver's host name is unknown";
                    case ConnectException refused -> "nothing listens at the receiver's address";
                    case null, default -> "the connection to the receiver failed: " + reason(cause);
                });
    }

    /// Says what is wrong with the receiver's certificate, if that is the reason.
    private static String refused(SSLException tls) {
        CertificateException certificate = null;
        for (Throwable cause = tls; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException || isSignedByAnother(cause)) {
                return "the receiver's certificate is refused: no authority that the node trusts has issued it. `ca` of the channel can name a file with the certificate of its authority";
            }
            if (cause instanceof CertificateException found) {
                certificate = found;
            }
        }
        return certificate == null
                ? "the TLS connection to the receiver failed: " + tls.getMessage()
                : "the receiver's certificate is refused: " + certificate.getMessage();
    }

    /// Whether the signature does not match the key of the trusted authority, for example because another
    /// authority has the same name.
    private static boolean isSignedByAnother(Throwable cause) {
        return cause instanceof CertPathValidatorException path
                && path.getReason() == CertPathValidatorException.BasicReason.INVALID_SIGNATURE;
    }

    private static boolean isUnknown(ConnectException refused) {
        return refused.getCause() instanceof UnresolvedAddressException
                || (refused.getCause() != null && refused.getCause().getCause() instanceof UnresolvedAddressException);
    }

    private static String reason(@Nullable Throwable cause) {
        return cause == null
                ? "no reason"
                : cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private static String timedOut(Duration timeout) {
        return "the receiver did not answer within %d s".formatted(timeout.toSeconds());
    }

    /// Text of a receiver is shown to people and written to the log, on one line.
    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ").strip();
    }

    /// The outcome without secrets, which a receiver may repeat.
    static Outcome without(List<String> secrets, Outcome outcome) {
        String answer = outcome.answer();
        for (String secret : secrets) {
            answer = answer.replace(secret, "(secret)");
        }
        return new Outcome(outcome.delivered(), answer, outcome.retryAfter());
    }

    /// The message of a failure before anything is sent.
    static Outcome notSent(FailureException e) {
        return Outcome.failed(e.failure().message());
    }

    /// The first bytes of a body. Reads no further, so that an endless body takes neither time nor memory.
    private static final class BoundedBody implements BodySubscriber<String> {

        private final ByteArrayOutputStream read = new ByteArrayOutputStream();
        private final CompletableFuture<String> body = new CompletableFuture<>();
        private Flow.@Nullable Subscription subscription;

        @Override
        public CompletionStage<String> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                byte[] bytes = new byte[Math.min(buffer.remaining(), MOST_READ - read.size())];
                buffer.get(bytes);
                read.writeBytes(bytes);
            }
            if (read.size() >= MOST_READ && subscription != null) {
                subscription.cancel();
                onComplete();
            }
        }

        @Override
        public void onError(Throwable error) {
            body.completeExceptionally(error);
        }

        @Override
        public void onComplete() {
            body.complete(read.toString(StandardCharsets.UTF_8));
        }
    }
}
