package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.cluster.DestinationServer;
import io.nightshift.nemesis.cluster.FakeClock;
import io.nightshift.nemesis.cluster.ObjectStorage;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.VirtualNetwork;
import io.nightshift.testing.database.TcpProxy;
import io.nightshift.testing.objectstore.FaultProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The faults that can be injected on this machine, and what they need.
///
/// @param network the network of the hosts
/// @param disk a small file system, or null if none can be mounted
/// @param clockLibrary libfaketime, or null if it is not installed
/// @param storage the object store of nodes that share no folder; null if they share one
/// @param destination the server of the predictions; null if that is the journal's, or there is none
public record AvailableFaults(
        HostNetwork network,
        @Nullable Path disk,
        @Nullable Path clockLibrary,
        @Nullable ObjectStorage storage,
        @Nullable DestinationServer destination) {

    static final Path STRACE = Path.of("/usr/bin/strace");

    /// The faults that this machine permits. Mounts a small file system if it may.
    public static AvailableFaults of(TestEnvironment environment) throws IOException {
        return new AvailableFaults(
                environment.network(),
                environment.storage() == null ? environment.mountSmallDisk() : null,
                FakeClock.find().orElse(null),
                environment.storage(),
                environment.destination());
    }

    /// The faults that need no mount.
    public static AvailableFaults withoutDisk(TestEnvironment environment) throws IOException {
        return new AvailableFaults(
                environment.network(),
                null,
                FakeClock.find().orElse(null),
                environment.storage(),
                environment.destination());
    }

    /// The faults that can't be injected, with the reason.
    public Map<Fault, String> unavailable() {
        Map<Fault, String> unavailable = new EnumMap<>(Fault.class);
        if (network.virtualNetwork() == null) {
            for (Fault fault : List.of(
                    Fault.PARTITION,
                    Fault.ONE_WAY_PARTITION,
                    Fault.DATABASE_PARTITION,
                    Fault.STORE_PARTITION,
                    Fault.DELAY,
                    Fault.LOSS)) {
                unavailable.put(fault, "this process may not create network namespaces");
            }
        }
        for (Fault fault : Fault.values()) {
            if (fault.needsOwnMounts() && network.virtualNetwork() == null) {
                unavailable.put(fault, "a node has mounts of its own only in a network namespace");
            }
            if (fault.needsStrace() && !Files.isExecutable(STRACE)) {
                unavailable.put(fault, "strace is not installed (Debian: apt-get install strace)");
            }
            if (fault.needsFakeClock() && clockLibrary == null) {
                unavailable.put(fault, "libfaketime is not installed (Debian: apt-get install faketime)");
            }
        }
        if (disk == null) {
            unavailable.put(Fault.DISK_FULL, "this process may not mount a file system");
        }
        for (Fault fault : Fault.values()) {
            if (storage == null && fault.needsStorage()) {
                unavailable.put(fault, "the nodes use no object store (--storage s3)");
            } else if (storage != null && fault.needsSharedFolder()) {
                unavailable.put(fault, "the nodes share no folder (--storage s3)");
            } else if (destination == null && fault.needsDestinationServer()) {
                unavailable.put(fault, "the destination has no server of its own (--destination mariadb or redis)");
            }
        }
        return unavailable;
    }

    /// The faults that can be injected.
    public List<Fault> available() {
        List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
        faults.removeAll(unavailable().keySet());
        return faults;
    }

    public VirtualNetwork virtualNetwork() {
        return Objects.requireNonNull(network.virtualNetwork());
    }

    /// The proxy in front of the object store.
    FaultProxy store() {
        return Objects.requireNonNull(storage).proxy();
    }

    /// The proxy in front of the destination's server.
    TcpProxy destinationServer() {
        return Objects.requireNonNull(destination).proxy();
    }

    /// The folder of the small file system.
    public Path smallDisk() {
        return Objects.requireNonNull(disk);
    }

    /// @param folder gets the file that sets the clock
    public FakeClock fakeClock(Path folder) {
        return new FakeClock(Objects.requireNonNull(clockLibrary), folder.resolve("clock"));
    }
}
