package io.nightshift.nemesis.network;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Forwards packets between the interfaces of the hosts and injects partitions, delay and loss. A bridge with
/// `tc netem` could do the same, but needs kernel modules that many machines lack; this needs `tun` only.
public final class VirtualNetwork implements AutoCloseable {

    private record Link(SimulatedHost from, SimulatedHost to) {}

    /// The last bytes of the two addresses in the header of a packet.
    private static final int SOURCE = 15;

    private static final int DESTINATION = 19;

    private final Map<SimulatedHost, TunDevice> ends;
    private final Random random;
    private final Set<Link> cut = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor late = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("network-late").factory());
    private volatile LinkConditions conditions = LinkConditions.UNDISTURBED;

    /// Starts to forward packets.
    ///
    /// @param ends the interface of each host that has one; closed with this network
    public VirtualNetwork(Map<SimulatedHost, TunDevice> ends, Random random) {
        this.ends = Map.copyOf(ends);
        this.random = random;
        late.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        ends.forEach((host, end) ->
                Thread.ofPlatform().daemon().name("network-" + host).start(() -> carry(end)));
    }

    /// Drops all packets from one host to another. Packets in the other direction are not affected.
    public void cut(SimulatedHost from, SimulatedHost to) {
        cut.add(new Link(from, to));
    }

    /// Sets the conditions of packets between nodes, and between nodes and the database or the object store.
    public void setConditions(LinkConditions now) {
        conditions = now;
    }

    /// Ends all partitions, delay and loss.
    public void heal() {
        cut.clear();
        conditions = LinkConditions.UNDISTURBED;
    }

    private void carry(TunDevice end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment packet = arena.allocate(TunDevice.MTU);
            for (int length = end.read(packet); length >= 0; length = end.read(packet)) {
                carry(packet, length);
            }
        }
    }

    private void carry(MemorySegment packet, int length) {
        boolean hasAddresses = length > DESTINATION && isIp4(packet);
        SimulatedHost from = hasAddresses ? host(packet.get(ValueLayout.JAVA_BYTE, SOURCE)) : null;
        SimulatedHost to = hasAddresses ? host(packet.get(ValueLayout.JAVA_BYTE, DESTINATION)) : null;
        if (from == null || to == null || cut.contains(new Link(from, to))) {
            return;
        }
        LinkConditions now =
                from == SimulatedHost.CLIENT || to == SimulatedHost.CLIENT ? LinkConditions.UNDISTURBED : conditions;
        if (random.nextDouble() < now.loss()) {
            return;
        }
        if (now.delay() == 0) {
            end(to).write(packet, length);
        } else {
            byte[] copy = Arrays.copyOf(packet.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), length);
            int millis = now.delay() - now.jitter() + random.nextInt(2 * now.jitter() + 1);
            ScheduledFuture<?> _ = late.schedule(() -> arrive(to, copy), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void arrive(SimulatedHost to, byte[] packet) {
        try (Arena arena = Arena.ofConfined()) {
            end(to).write(arena.allocateFrom(ValueLayout.JAVA_BYTE, packet), packet.length);
        }
    }

    private TunDevice end(SimulatedHost host) {
        return Objects.requireNonNull(ends.get(host.interfaceHost()));
    }

    private static boolean isIp4(MemorySegment packet) {
        return packet.get(ValueLayout.JAVA_BYTE, 0) >> 4 == 4;
    }

    private static @Nullable SimulatedHost host(byte number) {
        return Arrays.stream(SimulatedHost.values())
                .filter(host -> host.number == number)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() {
        late.shutdownNow();
        ends.values().forEach(TunDevice::close);
    }
}
