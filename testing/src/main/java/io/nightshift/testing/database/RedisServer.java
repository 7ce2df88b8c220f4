package io.nightshift.testing.database;

import io.nightshift.testing.FreePort;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A Redis server for tests: the program in the library embedded-redis, as a process. The tests of a module
/// share one, with a database for each test: [#shared]. The system property `nightshift.redis.server` names
/// another program, such as `/usr/bin/valkey-server`.
public final class RedisServer implements AutoCloseable {

    private static final int DATABASES = 1000;
    private static final int ATTEMPTS = 3;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

    private static @Nullable RedisServer shared;

    private final Process process;
    private final int port;
    private final ScratchFolder folder;
    private final AtomicInteger databases = new AtomicInteger();

    private RedisServer(Process process, int port, ScratchFolder folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /// The server of this process, which ends with it. It keeps nothing on the disk.
    public static synchronized RedisServer shared() {
        RedisServer running = shared;
        if (running == null) {
            running = start("--save", "", "--databases", String.valueOf(DATABASES));
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(running::close));
            shared = running;
        }
        return running;
    }

    /// Starts a server of its own.
    ///
    /// @param options of the program
    public static RedisServer start(String... options) {
        for (int attempt = 1; ; attempt++) {
            try {
                return begin(options);
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw new IllegalStateException("Redis does not start", e);
                }
            }
        }
    }

    private static RedisServer begin(String... options) throws IOException {
        ScratchFolder folder = ScratchFolder.create("nightshift-redis");
        String program = System.getProperty("nightshift.redis.server");
        if (program == null) {
            program = unpack(folder.path().resolve("redis-server"));
        }
        int port = FreePort.any();
        List<String> command = new ArrayList<>(List.of(
                program,
                "--port",
                String.valueOf(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.path().toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.path().resolve("log").toFile())
                .start();
        RedisServer server = new RedisServer(process, port, folder);
        long until = System.nanoTime() + PATIENCE;
        while (!server.answers()) {
            if (!process.isAlive() || System.nanoTime() > until) {
                String log = Files.readString(folder.path().resolve("log"));
                server.close();
                throw new IOException(log);
            }
        }
        return server;
    }

    private static String unpack(Path program) throws IOException {
        String machine = System.getProperty("os.arch").equals("aarch64") ? "6.2.7-linux-arm64" : "6.2.6-v5-linux-amd64";
        try (InputStream packed = RedisServer.class.getResourceAsStream("/redis-server-" + machine)) {
            Files.copy(Objects.requireNonNull(packed), program);
        }
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " can't be made executable");
        }
        return program.toString();
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            socket.setSoTimeout(1000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() >= 0;
        } catch (IOException _) {
            LockSupport.parkNanos(PAUSE);
            return false;
        }
    }

    public int port() {
        return port;
    }

    /// The URL of the first database.
    public String url() {
        return url(0);
    }

    /// The URL of a database that no other test has.
    public String create() {
        return url(databases.incrementAndGet());
    }

    private String url(int database) {
        return String.format(Locale.ROOT, "redis://127.0.0.1:%d/%d", port, database);
    }

    /// Stops the server as a crash does.
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        folder.delete();
    }
}
