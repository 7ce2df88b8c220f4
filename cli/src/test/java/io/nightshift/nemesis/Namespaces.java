package io.nightshift.nemesis;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A network namespace for each place, with a [Wire] between them. Needs to be root. All names and addresses follow
/// from
/// this process's id, so that two don't meet.
final class Namespaces implements Ground {

    private final long id = ProcessHandle.current().pid();
    private final List<String> made = new ArrayList<>();
    private final Wire wire;

    private Namespaces(Random random) throws IOException {
        Map<Place, Tun> ends = new EnumMap<>(Place.class);
        try {
            for (Place place : Place.values()) {
                ends.put(place, connect(place));
            }
        } catch (IOException e) {
            ends.values().forEach(Tun::close);
            remove();
            throw e;
        }
        wire = new Wire(ends, random);
    }

    /// @throws IOException if that isn't allowed here
    static Namespaces open(Random random) throws IOException {
        return new Namespaces(random);
    }

    private Tun connect(Place place) throws IOException {
        String device = "ns" + id + place.name().charAt(0) + place.number;
        Tun tun = Tun.open(device);
        if (place == Place.CLIENT) {
            Command.run("ip", "addr", "add", host(place) + "/24", "dev", device);
            Command.run("ip", "link", "set", device, "mtu", String.valueOf(Tun.MTU), "up");
            return tun;
        }
        String name = name(place);
        Command.run("ip", "netns", "add", name);
        made.add(name);
        Command.run("ip", "link", "set", device, "netns", name);
        Command.run("ip", "-n", name, "addr", "add", host(place) + "/24", "dev", device);
        Command.run("ip", "-n", name, "link", "set", device, "mtu", String.valueOf(Tun.MTU), "up");
        Command.run("ip", "-n", name, "link", "set", "lo", "up");
        return tun;
    }

    private String name(Place place) {
        return "nightshift-%d-%s".formatted(id, place);
    }

    @Override
    public String host(Place place) {
        return "10.%d.%d.%d".formatted(64 + (id >> 8) % 128, id % 256, place.number);
    }

    @Override
    public List<String> at(Place place) {
        return place == Place.CLIENT ? List.of() : List.of("ip", "netns", "exec", name(place));
    }

    @Override
    public @Nullable Wire wire() {
        return wire;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() throws IOException {
        wire.close();
        remove();
    }

    private void remove() throws IOException {
        for (String name : made) {
            Command.run("ip", "netns", "del", name);
        }
        made.clear();
    }
}
