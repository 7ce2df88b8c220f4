package io.nightshift.testing.objectstore;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// An HTTP proxy in front of a server of objects, which delays, throttles, cuts, shortens and refuses as it is
/// told. It counts what passes. Safe for several threads.
public final class FaultProxy implements AutoCloseable {

    /// A fault that the proxy injects into a request.
    public sealed interface Fault {

        /// An error of the server.
        record Answer(int status, String code, String message) implements Fault {
            public Answer(int status, String code) {
                this(status, code, "a fault of the test");
            }
        }

        /// The connection ends in the middle of the body.
        ///
        /// @param bytes of the body that arrive
        record Cut(long bytes) implements Fault {}

        /// The body and its length are shorter than what was asked for.
        record Shorten(long bytes) implements Fault {}

        /// The answer ignores the range that was asked for, and begins at the object's first byte.
        record IgnoreRange() implements Fault {}

        /// The server does not see conditions, as a store that does not know them.
        ///
        /// @param header the beginning of their headers' names, in lower case: `if-` for all
        record IgnoreConditions(String header) implements Fault {}

        /// Nothing is answered, and the connection ends.
        record Hang(Duration time) implements Fault {}

        /// The server does what it is asked for, but its answer does not arrive.
        record LoseAnswer() implements Fault {}

        /// A header of the answer has another value.
        record Header(String name, UnaryOperator<String> change) implements Fault {}

        /// One byte of the body is another one.
        record Corrupt(long position) implements Fault {}
    }

    private final HttpServer server;
    private final String host;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final URI target;

    /// The server compares, empties and writes an object in steps that others see. So a conditional write is
    /// alone here.
    private final ReadWriteLock atomic = new ReentrantReadWriteLock(true);

    private final Deque<Fault> next = new ArrayDeque<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private Random random = new Random();
    private List<Fault> often = List.of();
    private double oftenShare;
    private long lineIsFree = Long.MIN_VALUE;
    private volatile Duration latency = Duration.ZERO;
    private volatile long bytesPerSecond = Long.MAX_VALUE;
    private volatile BiPredicate<String, String> affected = (method, path) -> true;
    private BiPredicate<String, String> awaited = (method, path) -> false;
    private @Nullable Event event;

    private FaultProxy(HttpServer server, String host, URI target) {
        this.server = server;
        this.host = host;
        this.target = target;
    }

    /// Starts a proxy in front of a server.
    public static FaultProxy start(URI target) throws IOException {
        return start(target, "localhost");
    }

    /// Starts a proxy in front of a server.
    ///
    /// @param host the address of this machine on which it listens
    public static FaultProxy start(URI target, String host) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), 0), 0);
        FaultProxy proxy = new FaultProxy(server, host, target);
        server.createContext("/", proxy::handle);
        server.setExecutor(proxy.threads);
        server.start();
        return proxy;
    }

    public URI endpoint() {
        return URI.create("http://%s:%d".formatted(host, server.getAddress().getPort()));
    }

    /// Does something to the next requests, one fault to each.
    public synchronized FaultProxy next(Fault... faults) {
        next.addAll(List.of(faults));
        return this;
    }

    /// Something that happens outside just before a request is passed on.
    @FunctionalInterface
    public interface Event {
        void happen() throws IOException;
    }

    /// Has something happen before the first of some requests.
    ///
    /// @param requests their methods and paths
    public synchronized void before(BiPredicate<String, String> requests, Event event) {
        awaited = requests;
        this.event = event;
    }

    private synchronized @Nullable Event due(String method, String path) {
        Event due = event != null && awaited.test(method, path) ? event : null;
        event = due == null ? event : null;
        return due;
    }

    /// Does something to a share of the requests, at random.
    public synchronized FaultProxy often(long seed, double share, Fault... faults) {
        random = new Random(seed);
        often = List.of(faults);
        oftenShare = share;
        return this;
    }

    /// Forgets the faults that have not happened yet, and the latency and throughput.
    public synchronized void heal() {
        next.clear();
        often = List.of();
        latency = Duration.ZERO;
        bytesPerSecond = Long.MAX_VALUE;
        affected = (method, path) -> true;
    }

    /// Faults happen only to requests whose path fits.
    public FaultProxy only(Predicate<String> path) {
        return only((method, requested) -> path.test(requested));
    }

    /// Faults happen only to requests whose method and path fit.
    public FaultProxy only(BiPredicate<String, String> request) {
        affected = request;
        return this;
    }

    /// Delays each answer.
    public FaultProxy latency(Duration time) {
        latency = time;
        return this;
    }

    /// Limits the bytes per second of all answers together.
    public FaultProxy throughput(long bytesInASecond) {
        bytesPerSecond = bytesInASecond;
        return this;
    }

    /// The number of requests so far.
    public int requests() {
        return requests.get();
    }

    /// The number of requests for lists of objects so far.
    public int lists() {
        return lists.get();
    }

    /// The bytes of the bodies of answers to GET so far, with those that a client is about to receive.
    public long bytes() {
        return bytes.get();
    }

    private synchronized Fault fault(String method, String path) {
        if (next.isEmpty() && !often.isEmpty() && random.nextDouble() < oftenShare) {
            return often.get(random.nextInt(often.size()));
        }
        return affected.test(method, path) && !next.isEmpty() ? next.poll() : new Fault.Cut(Long.MAX_VALUE);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.incrementAndGet();
            if (String.valueOf(exchange.getRequestURI().getRawQuery()).contains("list-type=")) {
                lists.incrementAndGet();
            }
            sleep(latency);
            Event due =
                    due(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath());
            if (due != null) {
                due.happen();
            }
            Fault fault =
                    fault(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath());
            if (fault instanceof Fault.Hang) {
                // The others need not wait for it.
                handle(exchange, fault);
                return;
            }
            boolean isConditionalWrite = !exchange.getRequestMethod().equals("GET")
                    && (exchange.getRequestHeaders().containsKey("If-Match")
                            || exchange.getRequestHeaders().containsKey("If-None-Match"));
            Lock lock = isConditionalWrite ? atomic.writeLock() : atomic.readLock();
            lock.lock();
            try {
                handle(exchange, fault);
            } finally {
                lock.unlock();
            }
        }
    }

    private void handle(HttpExchange exchange, Fault fault) throws IOException {
        switch (fault) {
            case Fault.Answer(int status, String code, String message) -> refuse(exchange, status, code, message);
            case Fault.Hang(Duration time) -> sleep(time);
            case Fault.Cut cut -> pass(exchange, cut);
            case Fault.Shorten shorten -> pass(exchange, shorten);
            case Fault.IgnoreRange ignore -> pass(exchange, ignore);
            case Fault.IgnoreConditions ignore -> pass(exchange, ignore);
            case Fault.Corrupt corrupt -> pass(exchange, corrupt);
            case Fault.Header header -> pass(exchange, header);
            case Fault.LoseAnswer lose -> pass(exchange, lose);
        }
    }

    private static void refuse(HttpExchange exchange, int status, String code, String message) throws IOException {
        byte[] body = "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>"
                .formatted(code, message)
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/xml");
        exchange.getResponseHeaders().add("x-ms-error-code", code);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
        if (!isHead) {
            exchange.getResponseBody().write(body);
        }
    }

    private void pass(HttpExchange exchange, Fault fault) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                target.resolve(exchange.getRequestURI().toString()).toURL().openConnection();
        String method = exchange.getRequestMethod();
        connection.setRequestMethod(method);
        for (Map.Entry<String, List<String>> header :
                exchange.getRequestHeaders().entrySet()) {
            boolean dropped = header.getKey().equalsIgnoreCase("Host")
                    || (fault instanceof Fault.IgnoreRange && header.getKey().equalsIgnoreCase("Range"))
                    || (fault instanceof Fault.IgnoreConditions(String ignored)
                            && header.getKey().toLowerCase(Locale.ROOT).startsWith(ignored));
            if (!dropped) {
                header.getValue().forEach(value -> connection.addRequestProperty(header.getKey(), value));
            }
        }
        if (method.equals("PUT") || method.equals("POST")) {
            connection.setDoOutput(true);
            try (OutputStream out = connection.getOutputStream()) {
                exchange.getRequestBody().transferTo(out);
            }
        }
        int status = connection.getResponseCode();
        if (fault instanceof Fault.LoseAnswer) {
            return;
        }
        Headers headers = exchange.getResponseHeaders();
        connection.getHeaderFields().forEach((name, values) -> {
            if (name != null
                    && !name.equalsIgnoreCase("Transfer-Encoding")
                    && !name.equalsIgnoreCase("Connection")
                    && !(name.equalsIgnoreCase("Content-Length") && !method.equals("HEAD"))) {
                headers.put(name, values);
            }
        });
        if (fault instanceof Fault.Header(String name, UnaryOperator<String> change) && headers.containsKey(name)) {
            headers.set(name, change.apply(headers.getFirst(name)));
        }
        long length = connection.getContentLengthLong();
        if (method.equals("HEAD") || status == 204) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        long whole = fault instanceof Fault.Shorten(long most) ? Math.min(most, length) : length;
        exchange.sendResponseHeaders(status, length < 0 ? 0 : whole == 0 ? -1 : whole);
        long sent = fault instanceof Fault.Cut(long most) ? Math.min(most, whole) : whole;
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (in != null && length != 0) {
                send(in, exchange.getResponseBody(), length < 0 ? Long.MAX_VALUE : sent, fault);
            }
        }
        if (length > 0 && sent < whole) {
            // Without its end, the server closes the connection.
            exchange.getResponseBody().flush();
        }
    }

    private void send(InputStream in, OutputStream out, long most, Fault fault) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long sent = 0;
        while (sent < most) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, most - sent));
            if (read < 0) {
                return;
            }
            if (fault instanceof Fault.Corrupt(long position) && position >= sent && position < sent + read) {
                buffer[(int) (position - sent)] ^= 1;
            }
            // Before the client has them, so that it never asks for a number that is too small.
            bytes.addAndGet(read);
            out.write(buffer, 0, read);
            sent += read;
            throttle(read);
        }
    }

    /// All answers share the line.
    private void throttle(long count) {
        long limit = bytesPerSecond;
        if (limit < Long.MAX_VALUE) {
            long due;
            synchronized (this) {
                lineIsFree = Math.max(lineIsFree, System.nanoTime()) + (long) (count * 1e9 / limit);
                due = lineIsFree;
            }
            sleep(Duration.ofNanos(due - System.nanoTime()));
        }
    }

    private static void sleep(Duration time) {
        if (time.isPositive()) {
            try {
                TimeUnit.NANOSECONDS.sleep(time.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
