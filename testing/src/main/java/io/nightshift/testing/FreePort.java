package io.nightshift.testing;

import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;

/// Free ports for servers whose port must be known before they start.
public final class FreePort {

    private static final int FIRST = 10_000;

    /// Above this, the operating system assigns ports to outgoing connections and could take the port first.
    private static final int END = 32_000;

    /// A UDP socket for each port that this process was given. No server of a test uses UDP, so the socket is in
    /// nobody's way. It keeps the port from other tests, in this process and in others, until this process ends:
    /// a server may start seconds later, and may be killed and started again.
    private static final Queue<DatagramSocket> RESERVED = new ConcurrentLinkedQueue<>();

    private FreePort() {}

    /// A port on which no process listens now, and which no other caller gets while this process runs.
    public static int any() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try {
                DatagramSocket reserved =
                        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                try (ServerSocket free = new ServerSocket(port)) {
                    RESERVED.add(reserved);
                    return free.getLocalPort();
                } catch (BindException e) {
                    reserved.close();
                }
            } catch (BindException e) {
                // Another test has it: try another port.
            }
        }
    }
}
