package io.nightshift.nemesis.network;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A Linux network namespace for each host, connected by a [VirtualNetwork]. Needs root. All names and
/// addresses contain this process's ID, so that two of these don't collide.
public final class NamespaceNetwork implements HostNetwork {

    private final long id = ProcessHandle.current().pid();
    private final List<String> created = new ArrayList<>();
    private final VirtualNetwork virtualNetwork;

    private NamespaceNetwork(Random random) throws IOException {
        Map<SimulatedHost, TunDevice> ends = new EnumMap<>(SimulatedHost.class);
        try {
            for (SimulatedHost host : SimulatedHost.values()) {
                if (host.interfaceHost() == host) {
                    ends.put(host, connect(host));
                }
            }
        } catch (IOException e) {
            ends.values().forEach(TunDevice::close);
            remove();
            throw e;
        }
        virtualNetwork = new VirtualNetwork(ends, random);
    }

    /// @throws IOException if this process may not create namespaces
    public static NamespaceNetwork open(Random random) throws IOException {
        return new NamespaceNetwork(random);
    }

    private TunDevice connect(SimulatedHost host) throws IOException {
        String device = "ns" + id + host.name().charAt(0) + host.number;
        TunDevice tun = TunDevice.open(device);
        if (host == SimulatedHost.CLIENT) {
            SystemCommand.run("ip", "addr", "add", address(host) + "/24", "dev", device);
            SystemCommand.run("ip", "addr", "add", address(SimulatedHost.STORAGE) + "/24", "dev", device);
            SystemCommand.run("ip", "link", "set", device, "mtu", String.valueOf(TunDevice.MTU), "up");
            return tun;
        }
        String name = name(host);
        SystemCommand.run("ip", "netns", "add", name);
        created.add(name);
        SystemCommand.run("ip", "link", "set", device, "netns", name);
        SystemCommand.run("ip", "-n", name, "addr", "add", address(host) + "/24", "dev", device);
        SystemCommand.run("ip", "-n", name, "link", "set", device, "mtu", String.valueOf(TunDevice.MTU), "up");
        SystemCommand.run("ip", "-n", name, "link", "set", "lo", "up");
        return tun;
    }

    private String name(SimulatedHost host) {
        return "nightshift-%d-%s".formatted(id, host);
    }

    @Override
    public String address(SimulatedHost host) {
        return "10.%d.%d.%d".formatted(64 + (id >> 8) % 128, id % 256, host.number);
    }

    @Override
    public List<String> commandPrefix(SimulatedHost host) {
        return host.interfaceHost() == SimulatedHost.CLIENT ? List.of() : List.of("ip", "netns", "exec", name(host));
    }

    @Override
    public @Nullable VirtualNetwork virtualNetwork() {
        return virtualNetwork;
    }

    @Override
    public boolean needsTls() {
        return true;
    }

    @Override
    public void close() throws IOException {
        virtualNetwork.close();
        remove();
    }

    private void remove() throws IOException {
        for (String name : created) {
            SystemCommand.run("ip", "netns", "del", name);
        }
        created.clear();
    }
}
