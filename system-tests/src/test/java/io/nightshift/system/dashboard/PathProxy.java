package io.nightshift.system.dashboard;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A reverse proxy that shows a node below a path, as the page of the dashboard describes it for nginx: it
/// takes the path away, and keeps the header `Host`. It opens a connection for each request. The network
/// behind it can be cut.
final class PathProxy implements AutoCloseable {

    private static final int LONGEST_HEAD = 64 * 1024;
    private static final String END_OF_HEAD = "\r\n\r\n";

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final URI node;
    private final String path;
    private volatile boolean isCut;

    /// @param node the address of the node
    /// @param path such as `/night/shift`
    PathProxy(URI node, String path) throws IOException {
        this.node = node;
        this.path = path;
        Thread.startVirtualThread(this::accept);
    }

    /// The address of the dashboard, as a browser sees it.
    URI address() {
        return URI.create("http://127.0.0.1:%d%s/".formatted(server.getLocalPort(), path));
    }

    /// From now on no byte passes, and no connection ends: nobody is told.
    void cut() {
        isCut = true;
    }

    /// Lets new connections pass. Those that were cut are closed.
    void restore() throws IOException {
        isCut = false;
        closeSockets();
    }

    private void closeSockets() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket browser = server.accept();
                sockets.add(browser);
                Thread.startVirtualThread(() -> forward(browser));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void forward(Socket browser) {
        try (browser) {
            String head = head(browser.getInputStream());
            if (isCut) {
                // Until the proxy closes the connection.
                browser.getInputStream().transferTo(OutputStream.nullOutputStream());
                return;
            }
            String[] request = head.split(" ", 3);
            if (request.length < 3 || !request[1].startsWith(path + "/")) {
                browser.getOutputStream()
                        .write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
            try (Socket upstream = new Socket(node.getHost(), node.getPort())) {
                sockets.add(upstream);
                upstream.getOutputStream()
                        .write((request[0] + " " + request[1].substring(path.length()) + " "
                                        + request[2]
                                                .replaceFirst("(?i)\r\nConnection: [^\r]*", "")
                                                .replace(END_OF_HEAD, "\r\nConnection: close" + END_OF_HEAD))
                                .getBytes(StandardCharsets.ISO_8859_1));
                Thread.startVirtualThread(() -> pass(browser, upstream));
                pass(upstream, browser);
                sockets.remove(upstream);
            }
        } catch (IOException gone) {
            // One of both has closed the connection.
        } finally {
            sockets.remove(browser);
        }
    }

    /// The lines before the body, with their end.
    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (head.size() < LONGEST_HEAD) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no request");
            }
            head.write(next);
            if (next == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith(END_OF_HEAD)) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        throw new IOException("the head of the request is too long");
    }

    private void pass(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[8_192];
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (!isCut) {
                    out.write(bytes, 0, read);
                }
            }
        } catch (IOException gone) {
            // The other direction ends, too.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        closeSockets();
    }
}
