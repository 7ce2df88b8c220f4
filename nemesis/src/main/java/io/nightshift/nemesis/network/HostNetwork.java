package io.nightshift.nemesis.network;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The network that connects the hosts.
public interface HostNetwork extends AutoCloseable {

    /// The IPv4 address of a host.
    String address(SimulatedHost host);

    /// The words that precede a command so that it runs on a host. They replace themselves by the command
    /// (`exec`), so the process keeps its ID.
    List<String> commandPrefix(SimulatedHost host);

    /// The network that can inject faults, or null if this one can't.
    @Nullable
    VirtualNetwork virtualNetwork();

    /// Whether the addresses are beyond loopback, where nodes insist on TLS.
    boolean needsTls();

    /// Removes what the network created. Call it after all processes on the hosts have ended.
    @Override
    void close() throws IOException;
}
