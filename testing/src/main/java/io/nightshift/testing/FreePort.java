package io.nightshift.testing;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Free ports for servers whose port must be known before they start.
public final class FreePort {

    private static final int FIRST = 10_000;

    /// Above this, the operating system assigns ports to outgoing connections and could take the port first.
    private static final int END = 32_000;

    private FreePort() {}

    /// A port on which no process listens now.
    public static int any() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (BindException e) {
                // In use: try another port.
            }
        }
    }
}
