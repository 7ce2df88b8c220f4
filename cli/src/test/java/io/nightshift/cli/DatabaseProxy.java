package io.nightshift.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// Stands between clients and a database, and breaks in: cuts every connection when clients have
/// sent so many packets, as the death of the process would; or holds up the first packet that has a
/// text in it, as freezing the process would.
final class DatabaseProxy implements AutoCloseable {

    private final ServerSocket listener;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger packets = new AtomicInteger();
    private volatile int cutAt = Integer.MAX_VALUE;
    private volatile String armed = "";
    private volatile String held = "";
    private volatile boolean down;
    private final CountDownLatch holding = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    DatabaseProxy(int port) throws IOException {
        this.port = port;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("proxy").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /// How many packets clients have sent.
    int packets() {
        return packets.get();
    }

    /// Cuts when clients have sent so many packets.
    void cutAt(int count) {
        cutAt = count;
    }

    /// Whether it came to that.
    boolean hasCut() {
        return packets.get() >= cutAt;
    }

    /// Holds up the first packet that has this text in it.
    void hold(String text) {
        hold("", text);
    }

    /// Holds up the first packet with a text that comes after one with another.
    void hold(String after, String text) {
        armed = after;
        held = text;
    }

    void awaitHolding() throws InterruptedException {
        holding.await();
    }

    void release() {
        released.countDown();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (down) {
                    client.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                sockets.add(client);
                sockets.add(server);
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
                // The other side, or a cut, has closed it.
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

    /// Cuts every connection and takes no new ones until [#goUp].
    void goDown() {
        down = true;
        cut();
    }

    void goUp() {
        down = false;
    }

    /// Closes every connection.
    void cut() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        sockets.clear();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        release();
        cut();
    }
}
