package io.nightshift.nemesis;

import java.util.List;
import java.util.Locale;

/// Where a process runs: each place is a machine of its own, as far as the ground allows.
enum Place {
    /// The nemesis itself, and the commands that it gives.
    CLIENT(1),
    DATABASE(2),
    A(11),
    B(12),
    C(13);

    static final List<Place> NODES = List.of(A, B, C);

    /// The last number of its address.
    final int number;

    Place(int number) {
        this.number = number;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
