package io.nightshift.nemesis;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The network between the places: takes each packet from one interface and gives it to another, unless it is cut, lost
/// or late. In place of a bridge with `tc netem`, since this needs no module of the kernel but `tun`.
final class Wire implements AutoCloseable {

    private record Link(Place from, Place to) {}

    private static final int DESTINATION = 19;

    private final Map<Place, Tun> ends;
    private final Random random;
    private final Set<Link> cut = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor late = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("wire-late").factory());
    private volatile Weather weather = Weather.CALM;

    /// Carries from now on.
    ///
    /// @param ends of which the wire takes possession
    Wire(Map<Place, Tun> ends, Random random) {
        this.ends = Map.copyOf(ends);
        this.random = random;
        late.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        ends.forEach((place, end) ->
                Thread.ofPlatform().daemon().name("wire-" + place).start(() -> carry(place, end)));
    }

    /// Nothing gets from one to the other any more; the other way is as it was.
    void cut(Place from, Place to) {
        cut.add(new Link(from, to));
    }

    /// For packets between nodes, and between nodes and the database.
    void turn(Weather now) {
        weather = now;
    }

    /// Nothing is cut, lost or late any more.
    void mend() {
        cut.clear();
        weather = Weather.CALM;
    }

    private void carry(Place from, Tun end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment packet = arena.allocate(Tun.MTU);
            for (int length = end.read(packet); length >= 0; length = end.read(packet)) {
                carry(from, packet, length);
            }
        }
    }

    private void carry(Place from, MemorySegment packet, int length) {
        Place to = length > DESTINATION && isIp4(packet) ? place(packet.get(ValueLayout.JAVA_BYTE, DESTINATION)) : null;
        if (to == null || cut.contains(new Link(from, to))) {
            return;
        }
        Weather now = from == Place.CLIENT || to == Place.CLIENT ? Weather.CALM : weather;
        if (random.nextDouble() < now.loss()) {
            return;
        }
        if (now.delay() == 0) {
            ends.get(to).write(packet, length);
        } else {
            byte[] copy = Arrays.copyOf(packet.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), length);
            int millis = now.delay() - now.jitter() + random.nextInt(2 * now.jitter() + 1);
            ScheduledFuture<?> _ = late.schedule(() -> arrive(to, copy), millis, TimeUnit.MILLISECONDS);
        }
    }

    private void arrive(Place to, byte[] packet) {
        try (Arena arena = Arena.ofConfined()) {
            ends.get(to).write(arena.allocateFrom(ValueLayout.JAVA_BYTE, packet), packet.length);
        }
    }

    private static boolean isIp4(MemorySegment packet) {
        return packet.get(ValueLayout.JAVA_BYTE, 0) >> 4 == 4;
    }

    private static Place place(byte number) {
        return Arrays.stream(Place.values())
                .filter(place -> place.number == number)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() {
        late.shutdownNow();
        ends.values().forEach(Tun::close);
    }
}
