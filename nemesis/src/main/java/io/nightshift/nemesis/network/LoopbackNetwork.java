package io.nightshift.nemesis.network;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All hosts share the loopback interface. It needs no privileges, and its network has no faults.
public final class LoopbackNetwork implements HostNetwork {

    @Override
    public String address(SimulatedHost host) {
        return "127.0.0.1";
    }

    @Override
    public List<String> commandPrefix(SimulatedHost host) {
        return List.of();
    }

    @Override
    public @Nullable VirtualNetwork virtualNetwork() {
        return null;
    }

    @Override
    public boolean needsTls() {
        return false;
    }

    @Override
    public void close() {}
}
