package io.nightshift.testing.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A proxy between clients and a database that injects faults. It can close every connection after a number
/// of packets from clients, as the death of a client process would, and it can hold back the first packet
/// with a given text, as a frozen client process would.
public final class DatabaseProxy implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final ServerSocket listener;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger packets = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile int cutAt = Integer.MAX_VALUE;
    private volatile String armed = "";
    private volatile String held = "";
    private volatile boolean down;
    private final CountDownLatch holding = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /// @param port of the database on this machine
    public DatabaseProxy(int port) throws IOException {
        this.port = port;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("proxy").start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /// The number of packets that clients have sent.
    public int packets() {
        return packets.get();
    }

    /// Closes every connection once clients have sent this many packets.
    public void cutAt(int count) {
        cutAt = count;
    }

    /// Whether clients have sent the number of packets given to [#cutAt].
    public boolean hasCut() {
        return packets.get() >= cutAt;
    }

    /// Holds back the first packet that contains a text.
    public void hold(String text) {
        hold("", text);
    }

    /// Holds back the first packet that contains a text and follows a packet that contains another.
    ///
    /// @param after the text of the earlier packet; empty if none is needed
    public void hold(String after, String text) {
        armed = after;
        held = text;
    }

    /// Waits until a packet is held back.
    public void awaitHolding() throws InterruptedException {
        assertThat(holding.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                .as("a client sends \"%s\"", held)
                .isTrue();
    }

    /// Sends the packet that is held back.
    public void release() {
        released.countDown();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (down) {
                    refused.incrementAndGet();
                    client.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.add(client);
                sockets.add(server);
                if (down) {
                    // It has gone down between the two, and has not seen these.
                    cut();
                }
                pump(client, server, true);
                pump(server, client, false);
            } catch (IOException e) {
                return;
            }
        }
    }

    private void pump(Socket from, Socket to, boolean fromClient) {
        Thread.ofPlatform().daemon().name("proxy-pump").start(() -> {
            byte[] buffer = new byte[1 << 16];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    if (fromClient) {
                        breakIn(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                    }
                    out.write(buffer, 0, count);
                }
            } catch (IOException e) {
                // The other side or cut() has closed the connection.
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void breakIn(String packet) throws IOException, InterruptedException {
        if (packets.incrementAndGet() >= cutAt) {
            cut();
            throw new IOException("cut");
        }
        if (!armed.isEmpty()) {
            armed = packet.contains(armed) ? "" : armed;
        } else if (!held.isEmpty() && packet.contains(held) && holding.getCount() > 0) {
            holding.countDown();
            released.await();
        }
    }

    /// Closes every connection and accepts no new ones until [#goUp].
    public void goDown() {
        down = true;
        cut();
    }

    /// The number of connections that were refused since the proxy was started.
    public int refused() {
        return refused.get();
    }

    /// Accepts connections again.
    public void goUp() {
        down = false;
    }

    /// Closes every connection.
    public void cut() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        sockets.clear();
    }

    /// A packet that is held back is lost, as with the client that has sent it.
    @Override
    public void close() throws IOException {
        listener.close();
        cut();
        release();
    }
}
