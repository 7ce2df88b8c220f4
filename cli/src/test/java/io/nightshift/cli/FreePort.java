package io.nightshift.cli;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Ports for servers that are to be known before they listen.
public final class FreePort {

    private static final int FIRST = 10_000;

    /// From here on the system itself may take one for each connection that somebody makes, before the server does.
    private static final int END = 32_000;

    private FreePort() {}

    /// One on which nobody listens.
    public static int any() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket free = new ServerSocket(port)) {
                return free.getLocalPort();
            } catch (BindException e) {
                // The next one.
            }
        }
    }
}
