package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.cluster.FakeClock;
import io.nightshift.nemesis.cluster.LeaseTimeline;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeProcess;
import io.nightshift.nemesis.network.LinkConditions;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.network.VirtualNetwork;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.database.TcpProxy;
import io.nightshift.testing.objectstore.FaultProxy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Injects faults into a cluster.
public final class FaultInjector {

    /// The longest wait for a commit after nodes were killed.
    private static final Duration COMMIT_TIMEOUT = Duration.ofMinutes(2);
    /// Longer than the other nodes take to down an unreachable node.
    private static final Duration PARTITION_TIME = Duration.ofSeconds(30);

    private static final FaultProxy.Fault REFUSAL = new FaultProxy.Fault.Answer(503, "SlowDown");

    /// The faults of requests to an object store that works badly.
    private static final FaultProxy.Fault[] STORE_ERRORS = {
        REFUSAL,
        new FaultProxy.Fault.Answer(500, "InternalError"),
        new FaultProxy.Fault.Cut(700),
        new FaultProxy.Fault.LoseAnswer(),
        new FaultProxy.Fault.Hang(Duration.ofSeconds(1))
    };

    /// The bytes per second of an object store that answers slowly.
    private static final long SLOW_BYTES = 500_000;

    private final AvailableFaults faults;
    private final NemesisCluster cluster;
    private final Random random;
    private @Nullable DamagedBystander damaged;
    private @Nullable ForeignWriter foreign;

    public FaultInjector(AvailableFaults faults, NemesisCluster cluster, Random random) {
        this.faults = faults;
        this.cluster = cluster;
        this.random = random;
    }

    /// Prepares a fault before the batch is submitted.
    ///
    /// @param workload of the batch
    /// @param other the output of another batch
    public void prepare(Fault fault, Workload workload, BatchOutput other) throws IOException {
        if (fault == Fault.DAMAGED_EVENT) {
            damaged = DamagedBystander.submit(cluster, workload, other);
        }
        if (fault == Fault.CLOCK) {
            FakeClock clock = faults.fakeClock(cluster.folder);
            clock.setAhead(Duration.ZERO);
            NodeProcess node = cluster.nodes.get(SimulatedHost.NODES.get(random.nextInt(3)));
            node.leave();
            node.setCommandPrefix(clock.commandPrefix());
            cluster.start(List.of(node.host));
        }
    }

    /// Injects a fault now.
    ///
    /// @param timeline of the running batch
    /// @param workload of the batch
    /// @param output of the batch
    public InjectedFault inject(Fault fault, LeaseTimeline timeline, Workload workload, BatchOutput output)
            throws IOException, SQLException {
        SimulatedHost coordinator = Objects.requireNonNull(timeline.coordinator());
        SimulatedHost oldest = Objects.requireNonNullElse(cluster.nodes.oldest(), coordinator);
        SimulatedHost any = any(coordinator, workload);
        return switch (fault) {
            case KILL_WORKER -> kill(List.of(worker(coordinator, oldest)), false);
            case KILL_BATCH -> kill(List.of(coordinator), false);
            case KILL_SHARDS -> kill(List.of(oldest), false);
            case KILL_ALL -> kill(SimulatedHost.NODES, true);
            case FREEZE_3 -> freeze(any, coordinator, Duration.ofSeconds(3));
            case FREEZE_15 -> freeze(any, coordinator, Duration.ofSeconds(15));
            case FREEZE_60 -> freeze(any, coordinator, Duration.ofMinutes(1));
            case PARTITION -> partition(any, coordinator, true);
            case ONE_WAY_PARTITION -> partition(any, coordinator, false);
            case DATABASE_PARTITION -> partition(any, coordinator, SimulatedHost.DATABASE);
            case STORE_PARTITION -> partition(any, coordinator, SimulatedHost.STORAGE);
            case STORE_ERRORS -> disturbStore(0.5, seconds(8, 15), STORE_ERRORS);
            case STORE_DOWN -> disturbStore(1, seconds(10, 40), REFUSAL);
            case STORE_HANG -> disturbStore(1, seconds(20, 40), new FaultProxy.Fault.Hang(Duration.ofMinutes(1)));
            case STORE_SLOW -> {
                faults.store().latency(Duration.ofMillis(500)).throughput(SLOW_BYTES);
                yield new InjectedFault("", seconds(15, 30), false, faults.store()::heal);
            }
            case DELAY -> disturb(new LinkConditions(200, 100, 0));
            case LOSS -> disturb(new LinkConditions(0, 0, 0.2));
            case DATABASE_RESTART -> {
                cluster.database.stop();
                yield new InjectedFault("", Duration.ZERO, false, cluster.database::start);
            }
            case DATABASE_KILL -> {
                cluster.database.kill();
                yield new InjectedFault("", seconds(1, 10), false, cluster.database::start);
            }
            case DESTINATION_DOWN -> {
                TcpProxy server = faults.destinationServer();
                server.shut();
                yield new InjectedFault("", seconds(5, 20), false, server::open);
            }
            case DESTINATION_AWAY, DESTINATION_EMPTY -> {
                LostDestination lost = LostDestination.of(folder(output), fault == Fault.DESTINATION_EMPTY);
                yield new InjectedFault("", seconds(5, 15), false, lost::restore);
            }
            case FOREIGN_WRITER -> {
                ForeignWriter writer = new ForeignWriter((OutputFiles) output);
                writer.write();
                foreign = writer;
                yield new InjectedFault("", seconds(1, 5), false, writer::write);
            }
            case FORBIDDEN_CALLER -> {
                ForbiddenCaller caller = ForbiddenCaller.start(cluster, timeline.batch());
                yield new InjectedFault("", seconds(5, 15), false, caller::end);
            }
            case FORBIDDEN_PROMOTION -> {
                ForbiddenPromotion promotion =
                        ForbiddenPromotion.start(cluster, "contested-" + timeline.batch(), workload, output);
                yield new InjectedFault("", seconds(5, 15), false, promotion::end);
            }
            case DISK_FULL -> fill();
            case MISSING_MOUNT -> {
                NodeMounts mounts = mounts(any);
                mounts.hide(workload.job().folder());
                yield new InjectedFault(describe(any, coordinator), seconds(15, 30), false, mounts::restore);
            }
            case HUNG_STORAGE -> {
                DelayedCalls hung = DelayedCalls.hungFile(
                        cluster.nodes.get(any).pid(), workload.job().input());
                yield new InjectedFault(describe(any, coordinator), seconds(30, 60), false, hung::end);
            }
            case FULL_SCRATCH -> {
                NodeMounts mounts = mounts(any);
                mounts.fill(cluster.scratch(any));
                yield new InjectedFault(describe(any, coordinator), seconds(10, 20), false, mounts::restore);
            }
            case SLOW_DISK -> {
                DelayedCalls slow =
                        DelayedCalls.slowWrites(cluster.nodes.get(any).pid());
                yield new InjectedFault(describe(any, coordinator), seconds(10, 20), false, slow::end);
            }
            case REPEATING_CALLER -> {
                RepeatingCallers callers = RepeatingCallers.start(cluster, workload, output, timeline.batch());
                yield new InjectedFault("", seconds(10, 20), false, callers::end);
            }
            case DAMAGED_EVENT -> {
                InjectedFault killed = kill(SimulatedHost.NODES, true);
                yield new InjectedFault(
                        Objects.requireNonNull(damaged).damage(random), killed.lasts(), false, killed.healing());
            }
            case CLOCK_INCREMENT -> throw new IllegalArgumentException("it needs an incremental job");
            case KILL_TICK -> throw new IllegalArgumentException("it needs a schedule");
            case POWER_CUT -> throw new IllegalArgumentException("a cluster has no embedded ledger");
            case CLOCK -> {
                FakeClock clock = faults.fakeClock(cluster.folder);
                clock.setAhead(Duration.ofHours(1));
                yield new InjectedFault("", seconds(5, 15), false, () -> clock.setAhead(Duration.ZERO));
            }
        };
    }

    private static Path folder(BatchOutput output) {
        if (output instanceof OutputFiles.Folder files) {
            return files.path();
        }
        throw new IllegalArgumentException(output.name() + " is no folder");
    }

    /// Checks what another program has written to the destination, and removes it, after the batch has ended.
    ///
    /// @return the broken promises
    public List<String> endForeignWriter() throws IOException {
        return foreign == null ? List.of() : foreign.end();
    }

    /// Checks what the fault did to more than the batch, after the batch has ended.
    ///
    /// @return the broken promises
    public List<String> check() {
        return damaged == null ? List.of() : damaged.check();
    }

    /// In a redrive, more often the coordinator's node, which scores its rows itself.
    private SimulatedHost any(SimulatedHost coordinator, Workload workload) {
        SimulatedHost any = SimulatedHost.NODES.get(random.nextInt(3));
        return workload.redrive() != null && random.nextBoolean() ? coordinator : any;
    }

    private NodeMounts mounts(SimulatedHost victim) throws IOException {
        return new NodeMounts(cluster.nodes.get(victim).pid());
    }

    private SimulatedHost worker(SimulatedHost coordinator, SimulatedHost oldest) {
        List<SimulatedHost> workers = new ArrayList<>(SimulatedHost.NODES);
        workers.removeAll(List.of(coordinator, oldest));
        return workers.get(random.nextInt(workers.size()));
    }

    private Duration seconds(int least, int most) {
        return Duration.ofMillis(random.nextInt(least * 1000, most * 1000));
    }

    private static String describe(SimulatedHost victim, SimulatedHost coordinator) {
        return victim == coordinator ? "the node of the batch's coordinator" : "another node";
    }

    /// @param atOnce whether the nodes are restarted at once, rather than after a commit without them
    private InjectedFault kill(List<SimulatedHost> victims, boolean atOnce) {
        victims.parallelStream().map(cluster.nodes::get).forEach(NodeProcess::kill);
        return new InjectedFault("", atOnce ? Duration.ZERO : COMMIT_TIMEOUT, !atOnce, () -> {
            for (SimulatedHost victim : victims) {
                cluster.nodes.get(victim).start();
            }
        });
    }

    private InjectedFault freeze(SimulatedHost victim, SimulatedHost coordinator, Duration lasts) throws IOException {
        NodeProcess node = cluster.nodes.get(victim);
        node.signal("STOP");
        return new InjectedFault(describe(victim, coordinator), lasts, false, () -> node.signal("CONT"));
    }

    private InjectedFault partition(SimulatedHost victim, SimulatedHost coordinator, boolean bothWays) {
        VirtualNetwork network = faults.virtualNetwork();
        for (SimulatedHost other : SimulatedHost.NODES) {
            if (other != victim) {
                network.cut(victim, other);
                if (bothWays) {
                    network.cut(other, victim);
                }
            }
        }
        return new InjectedFault(
                describe(victim, coordinator), PARTITION_TIME.plus(seconds(0, 10)), false, network::heal);
    }

    private InjectedFault partition(SimulatedHost victim, SimulatedHost coordinator, SimulatedHost server) {
        VirtualNetwork network = faults.virtualNetwork();
        network.cut(victim, server);
        network.cut(server, victim);
        return new InjectedFault(describe(victim, coordinator), seconds(10, 40), false, network::heal);
    }

    private InjectedFault disturb(LinkConditions conditions) {
        VirtualNetwork network = faults.virtualNetwork();
        network.setConditions(conditions);
        return new InjectedFault("", seconds(15, 30), false, network::heal);
    }

    private InjectedFault disturbStore(double share, Duration lasts, FaultProxy.Fault... each) {
        faults.store().often(random.nextLong(), share, each);
        return new InjectedFault("", lasts, false, faults.store()::heal);
    }

    private InjectedFault fill() throws IOException {
        Path filler = faults.smallDisk().resolve("filler");
        byte[] zeros = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(zeros);
            }
        } catch (IOException full) {
            return new InjectedFault("", seconds(5, 15), false, () -> Files.delete(filler));
        }
    }
}
