package io.nightshift.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Tries a server with thousands of slow clients from one loopback address, while a probe from another
/// address asks for a batch once a second on a new connection. Prints how many of the slow clients are
/// still connected, and how many probes had no answer within two seconds.
final class SlowClients {

    private static final int SECONDS = 30;
    private static final int PROBE_MILLIS = 2_000;

    private SlowClients() {}

    private enum Kind {
        /// A header line each second, and never the last.
        HEAD("GET /v1/batches/x HTTP/1.1\r\nHost: localhost\r\n", "X-Slow: 1\r\n"),
        /// A byte of the body each second.
        BODY("POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "x"),
        /// Nothing at all.
        SILENT("", "");

        private final byte[] first;
        private final byte[] more;

        Kind(String first, String more) {
            this.first = first.getBytes(StandardCharsets.US_ASCII);
            this.more = more.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /// @param arguments connections, then `NAME=CLASSPATH` for each server
    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        System.out.printf(
                "%d slow connections from one address for %d s.%n%n", count, SECONDS);
        System.out.println("| server | bounded by | slow part | connected after 5 s | after 15 s | after "
                + SECONDS + " s | probes without an answer |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (int i = 1; i < arguments.length; i++) {
            String[] words = arguments[i].split("=", 2);
            for (boolean deadlines : words[0].equals("vertx") || words[0].equals("jetty")
                    ? new boolean[] {false, true}
                    : new boolean[] {false}) {
                for (Kind kind : Kind.values()) {
                    try (Child server = new Child(words[1], List.of(words[0], String.valueOf(deadlines)))) {
                        attack(server.port, words[0], deadlines, kind, count);
                    }
                }
            }
        }
    }

    private static void attack(int port, String name, boolean deadlines, Kind kind, int count) throws Exception {
        List<SocketChannel> slow = new ArrayList<>();
        int[] connected = new int[SECONDS + 1];
        int probes = 0;
        int failed = 0;
        long start = System.nanoTime();
        for (int second = 1; second <= SECONDS; second++) {
            if (second == 1) {
                for (int i = 0; i < count; i++) {
                    SocketChannel channel = SocketChannel.open();
                    channel.configureBlocking(false);
                    channel.connect(new InetSocketAddress("127.0.0.1", port));
                    slow.add(channel);
                }
            }
            for (SocketChannel channel : slow) {
                drip(channel, second == 2 ? kind.first : second > 2 ? kind.more : new byte[0]);
            }
            connected[second] = (int) slow.stream().filter(SocketChannel::isConnected).filter(SocketChannel::isOpen).count();
            if (second > 3) {
                probes++;
                failed += isAnswered(port) ? 0 : 1;
            }
            long left = start + second * 1_000_000_000L - System.nanoTime();
            if (left > 0) {
                Thread.sleep(left / 1_000_000);
            }
        }
        for (SocketChannel channel : slow) {
            channel.close();
        }
        System.out.printf(
                "| %s | %s | %s | %d | %d | %d | %d of %d |%n",
                name,
                deadlines ? "deadlines of ours" : "its settings",
                kind.name().toLowerCase(Locale.ROOT),
                connected[5],
                connected[15],
                connected[SECONDS],
                failed,
                probes);
    }

    /// Sends what is next, and notices whether the server has closed the connection.
    private static void drip(SocketChannel channel, byte[] bytes) throws IOException {
        if (!channel.isOpen()) {
            return;
        }
        try {
            if (!channel.finishConnect()) {
                return;
            }
            ByteBuffer answer = ByteBuffer.allocate(4_096);
            if (channel.read(answer) < 0) {
                channel.close();
            } else if (bytes.length > 0) {
                channel.write(ByteBuffer.wrap(bytes));
            }
        } catch (IOException e) {
            channel.close();
        }
    }

    private static boolean isAnswered(int port) {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.2"), 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port), PROBE_MILLIS);
            socket.setSoTimeout(PROBE_MILLIS);
            socket.getOutputStream()
                    .write("GET /v1/batches/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(12), StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
        } catch (IOException e) {
            return false;
        }
    }
}
