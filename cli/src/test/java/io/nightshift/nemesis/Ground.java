package io.nightshift.nemesis;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the places stand on.
interface Ground extends AutoCloseable {

    /// The address by which other places reach this one.
    String host(Place place);

    /// What goes before a command so that it runs there. Whatever stands here becomes the command, so that the
    /// process keeps its id.
    List<String> at(Place place);

    /// The network between the places, or null if it can't be disturbed.
    @Nullable
    Wire wire();

    /// Whether places talk by more than loopback, for which nodes want TLS.
    boolean isOpen();

    /// Removes what it made. All processes have ended before.
    @Override
    void close() throws IOException;
}
