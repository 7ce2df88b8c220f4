package io.nightshift.nemesis;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What can be used here, and why the rest can't.
///
/// @param disk a small file system of its own, or null
/// @param clock that can be set for one process, or null
record Arsenal(Ground ground, @Nullable Path disk, @Nullable Path clock) {

    /// The faults that can't be dealt, with the reason.
    Map<Fault, String> missing() {
        Map<Fault, String> missing = new EnumMap<>(Fault.class);
        if (ground.wire() == null) {
            for (Fault fault : List.of(
                    Fault.PARTITION, Fault.ONE_WAY_PARTITION, Fault.DATABASE_PARTITION, Fault.DELAY, Fault.LOSS)) {
                missing.put(fault, "network namespaces aren't allowed here");
            }
        }
        if (disk == null) {
            missing.put(Fault.DISK_FULL, "no file system may be mounted here");
        }
        if (clock == null) {
            missing.put(Fault.CLOCK, "libfaketime isn't installed; on Debian: apt-get install faketime");
        }
        return missing;
    }

    List<Fault> faults() {
        List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
        faults.removeAll(missing().keySet());
        return faults;
    }

    Wire network() {
        return Objects.requireNonNull(ground.wire());
    }

    Path smallDisk() {
        return Objects.requireNonNull(disk);
    }

    FakeClock fakeClock(Path folder) {
        return new FakeClock(Objects.requireNonNull(clock), folder.resolve("clock"));
    }
}
