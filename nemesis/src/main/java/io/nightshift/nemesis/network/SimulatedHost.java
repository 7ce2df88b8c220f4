package io.nightshift.nemesis.network;

import java.util.List;
import java.util.Locale;

/// A host that processes run on. Its network, though not its processor, is its own where the machine permits
/// it.
public enum SimulatedHost {
    /// The host of the nemesis itself and of the commands to the cluster.
    CLIENT(1),
    DATABASE(2),
    /// The host of the object store, and of MariaDB or Redis. The proxy in front of them is part of the nemesis, so
    /// it has another address of the network interface of [#CLIENT].
    STORAGE(3),
    A(11),
    B(12),
    C(13);

    public static final List<SimulatedHost> NODES = List.of(A, B, C);

    /// The last byte of the IPv4 address.
    public final int number;

    SimulatedHost(int number) {
        this.number = number;
    }

    /// The host whose network interface has this host's address.
    SimulatedHost interfaceHost() {
        return this == STORAGE ? CLIENT : this;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
