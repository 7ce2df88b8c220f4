package io.nightshift.nemesis;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Plain processes on loopback, where nothing more is allowed.
final class Loopback implements Ground {

    @Override
    public String host(Place place) {
        return "127.0.0.1";
    }

    @Override
    public List<String> at(Place place) {
        return List.of();
    }

    @Override
    public @Nullable Wire wire() {
        return null;
    }

    @Override
    public boolean isOpen() {
        return false;
    }

    @Override
    public void close() {}
}
