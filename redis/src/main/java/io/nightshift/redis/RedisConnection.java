package io.nightshift.redis;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.RedisAddress;
import io.nightshift.storage.endpoint.EndpointUse;
import io.nightshift.storage.endpoint.EndpointWait;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/// A connection to a Redis or Valkey server. Its errors are [FailureException]s that name the operation. For one
/// thread; only [#abort] and [#isWaiting] may be called by others.
///
/// Every call ends: an answer is waited for [#SILENCE], and what is sent before an answer is read, at most
/// [#SENT] bytes, fits into the socket's buffer, so that sending does not wait.
public final class RedisConnection implements AutoCloseable {

    /// The longest wait for an answer.
    public static final Duration SILENCE = Duration.ofSeconds(60);

    /// The most bytes that callers send before they read the answer, if their rows are not longer.
    public static final int SENT = 64 << 10;

    private static final int CONNECTING = 10_000;

    /// The longest wait for an answer while a connection is made.
    private static final int GREETING = 20_000;

    private static final Duration MIN_WAIT = Duration.ofMillis(100);
    private static final Duration MAX_WAIT = Duration.ofSeconds(3);

    /// The first words of answers that say that the same may succeed later: the server is loading its data, ran
    /// out of memory, became a replica, can't save, or is busy with a script. A script's own error has them in
    /// the middle.
    private static final List<String> TRANSIENT = List.of(
            "LOADING ",
            "OOM ",
            "READONLY ",
            "MISCONF ",
            "BUSY ",
            "MASTERDOWN ",
            "NOREPLICAS ",
            "TRYAGAIN ",
            "CLUSTERDOWN ",
            "ERR max number of clients");

    private final Connection connection;
    private final String doing;
    private final EndpointUse use = EndpointUse.begin();
    private volatile boolean waiting;

    private RedisConnection(Connection connection, String doing) {
        this.connection = connection;
        this.doing = doing;
    }

    /// Connects, and waits longer after each try while the server can't be reached.
    ///
    /// @param doing what it is for: the beginning of messages
    /// @param patience how long to wait for a server that can't be reached
    /// @param cancelled whether to stop waiting
    /// @throws FailureException permanent where the server refuses, transient where it can't be reached for long
    public static RedisConnection open(
            DataSourceSettings settings, String doing, Duration patience, BooleanSupplier cancelled) {
        return open(settings, doing, patience, cancelled, GREETING);
    }

    /// @param greeting how long to wait for an answer while the connection is made, in milliseconds
    static RedisConnection open(
            DataSourceSettings settings, String doing, Duration patience, BooleanSupplier cancelled, int greeting) {
        RedisAddress address = RedisAddress.of(settings);
        DefaultJedisClientConfig.Builder configuration = DefaultJedisClientConfig.builder()
                .resp2()
                .database(address.database())
                .clientName("nightshift")
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED)
                .socketTimeoutMillis(greeting);
        if (settings.user() != null) {
            configuration.user(settings.user());
        }
        if (settings.password() != null) {
            configuration.password(settings.password());
        }
        DefaultJedisClientConfig built = configuration.build();
        try (EndpointWait _ = EndpointWait.begin(settings.toString())) {
            return openInTries(settings, doing, patience, cancelled, () -> {
                Connection connection = new Connection(() -> socket(address, greeting), built);
                connection.setSoTimeout((int) SILENCE.toMillis());
                return new RedisConnection(connection, doing);
            });
        }
    }

    private static RedisConnection openInTries(
            DataSourceSettings settings,
            String doing,
            Duration patience,
            BooleanSupplier cancelled,
            Supplier<RedisConnection> opening) {
        long until = System.nanoTime() + patience.toNanos();
        Duration wait = MIN_WAIT;
        while (true) {
            try {
                return opening.get();
            } catch (JedisException e) {
                Failure failure = failure("%s: %s can't be reached".formatted(doing, settings), e);
                if (failure.isPermanent() || System.nanoTime() >= until || cancelled.getAsBoolean()) {
                    throw new FailureException(failure, e);
                }
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2).compareTo(MAX_WAIT) < 0 ? wait.multipliedBy(2) : MAX_WAIT;
        }
    }

    private static Socket socket(RedisAddress address, int greeting) {
        try {
            Socket socket = RedisSockets.connect(address, CONNECTING, 4 * SENT);
            socket.setSoTimeout(greeting);
            return socket;
        } catch (SSLException e) {
            throw new JedisDataException("no TLS connection: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new JedisConnectionException(
                    "%s:%d: %s".formatted(address.host(), address.port(), e.getMessage()), e);
        }
    }

    private static Failure failure(String doing, JedisException e) {
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e.getCause() != null && e.getCause().getMessage() != null && !(e instanceof JedisDataException)) {
            reason = e.getCause().getMessage();
        }
        String text = reason.strip().replaceAll("\\s+", " ");
        boolean isTransient =
                !(e instanceof JedisDataException) || TRANSIENT.stream().anyMatch(text::contains);
        String sentence = doing + ": " + text;
        return isTransient ? Failure.of(FailedResource.Type.DATABASE, doing, sentence) : Failure.permanent(sentence);
    }

    private FailureException failed(JedisException e) {
        return new FailureException(failure(doing, e), e);
    }

    /// A text as the server has it.
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[][] bytes(List<?> arguments) {
        return arguments.stream()
                .map(argument -> argument instanceof byte[] raw ? raw : bytes(String.valueOf(argument)))
                .toArray(byte[][]::new);
    }

    /// Sends a command. Its answer is read later, by [#read].
    ///
    /// @param arguments byte arrays, or what has the text of an argument
    public void send(Protocol.Command command, Object... arguments) {
        try {
            connection.sendCommand(command, bytes(List.of(arguments)));
        } catch (JedisException e) {
            throw failed(e);
        }
    }

    /// Reads the answer to the oldest command without one: null, a Long, a byte array, or a list of these.
    ///
    /// @throws FailureException if the server answers with an error
    public @Nullable Object read() {
        waiting = true;
        try (EndpointWait _ = EndpointWait.begin(doing)) {
            return connection.getOne();
        } catch (JedisException e) {
            throw failed(e);
        } finally {
            waiting = false;
        }
    }

    /// Sends a command and reads its answer.
    ///
    /// @param arguments byte arrays, or what has the text of an argument
    public @Nullable Object call(Protocol.Command command, Object... arguments) {
        send(command, arguments);
        return read();
    }

    /// As [#call], for a text.
    public @Nullable String text(Protocol.Command command, Object... arguments) {
        return asText(call(command, arguments));
    }

    /// As [#call], for a list of texts. The server's nulls stay nulls.
    public List<@Nullable String> texts(Protocol.Command command, Object... arguments) {
        return asTexts(call(command, arguments));
    }

    /// As [#call], for a number.
    public long number(Protocol.Command command, Object... arguments) {
        return asNumber(call(command, arguments));
    }

    /// An answer that is a number.
    public static long asNumber(@Nullable Object answer) {
        if (answer instanceof Long number) {
            return number;
        }
        throw new IllegalStateException("the server answered with no number: " + asText(answer));
    }

    /// An answer that is a text, or null.
    public static @Nullable String asText(@Nullable Object answer) {
        return switch (answer) {
            case null -> null;
            case byte[] raw -> new String(raw, StandardCharsets.UTF_8);
            default -> String.valueOf(answer);
        };
    }

    /// An answer that is a list.
    public static List<@Nullable Object> asList(@Nullable Object answer) {
        List<@Nullable Object> elements = new ArrayList<>();
        if (answer instanceof List<?> list) {
            elements.addAll(list);
        }
        return elements;
    }

    private static List<@Nullable String> asTexts(@Nullable Object answer) {
        List<@Nullable String> texts = new ArrayList<>();
        asList(answer).forEach(element -> texts.add(asText(element)));
        return texts;
    }

    /// Whether a call waits for its answer.
    public boolean isWaiting() {
        return waiting;
    }

    /// Makes a call that is under way fail soon.
    public void abort() {
        try {
            connection.forceDisconnect();
        } catch (IOException _) {
            // It is broken either way.
        }
    }

    @Override
    public void close() {
        use.close();
        try {
            connection.disconnect();
        } catch (JedisException _) {
            // It is closed either way.
        }
    }
}
