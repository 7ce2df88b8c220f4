package io.nightshift.testing.database;

import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Forwards connections to a port of this machine until it is shut. Shutting it closes the open connections
/// and refuses new ones.
public final class TcpProxy implements AutoCloseable {

    private static final int BACKLOG = 50;

    private final int target;
    private final InetAddress host;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile ServerSocket listening;

    /// Starts listening on a free port.
    ///
    /// @param target a port of this machine
    public TcpProxy(int target) throws IOException {
        this(target, "localhost");
    }

    /// Starts listening on a free port.
    ///
    /// @param target a port of this machine
    /// @param host the address of this machine on which it listens
    public TcpProxy(int target, String host) throws IOException {
        this.target = target;
        this.host = InetAddress.getByName(host);
        // Nobody else gets the port while the proxy is shut.
        this.port = FreePort.any();
        this.listening = new ServerSocket(port, BACKLOG, this.host);
        accept(listening);
    }

    public int port() {
        return port;
    }

    /// Closes the open connections and refuses new ones until [#open].
    public void shut() throws IOException {
        listening.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    /// Listens on the same port again.
    public void open() throws IOException {
        listening = new ServerSocket(port, BACKLOG, host);
        accept(listening);
    }

    private void accept(ServerSocket server) {
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    Socket database = new Socket(InetAddress.getLoopbackAddress(), target);
                    sockets.add(client);
                    sockets.add(database);
                    if (server.isClosed()) {
                        // It was shut between the two, and has not seen these.
                        client.close();
                        database.close();
                    }
                    pass(client, database);
                    pass(database, client);
                } catch (IOException e) {
                    // The proxy is shut or the target is down: the client sees a closed connection.
                }
            }
        });
    }

    private void pass(Socket from, Socket to) {
        Thread.ofVirtual().start(() -> {
            try (from;
                    to;
                    InputStream in = from.getInputStream();
                    OutputStream out = to.getOutputStream()) {
                in.transferTo(out);
            } catch (IOException e) {
                // One side is closed, so the other is closed too.
            }
        });
    }

    @Override
    public void close() throws IOException {
        shut();
    }
}
