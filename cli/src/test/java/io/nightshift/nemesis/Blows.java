package io.nightshift.nemesis;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/// Deals the faults.
final class Blows {

    /// No wait for a commit is longer.
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /// Longer than the others take to give a node up.
    private static final Duration LOST = Duration.ofSeconds(30);

    private final Arsenal arsenal;
    private final Cluster cluster;
    private final Random random;

    Blows(Arsenal arsenal, Cluster cluster, Random random) {
        this.arsenal = arsenal;
        this.cluster = cluster;
        this.random = random;
    }

    /// What has to be done before the batch is submitted.
    void prepare(Fault fault) throws IOException {
        if (fault == Fault.CLOCK) {
            FakeClock clock = arsenal.fakeClock(cluster.folder);
            clock.ahead(Duration.ZERO);
            Node node = cluster.nodes.get(Place.NODES.get(random.nextInt(3)));
            node.leave();
            node.startUnder(clock.words());
            cluster.start(List.of(node.place));
        }
    }

    /// Deals it.
    Blow strike(Fault fault, Chronicle chronicle) throws IOException {
        Place holder = Objects.requireNonNull(chronicle.coordinator());
        Place oldest = Objects.requireNonNullElse(cluster.nodes.oldest(), holder);
        Place any = Place.NODES.get(random.nextInt(3));
        return switch (fault) {
            case KILL_WORKER -> kill(List.of(worker(holder, oldest)), false);
            case KILL_BATCH -> kill(List.of(holder), false);
            case KILL_SHARDS -> kill(List.of(oldest), false);
            case KILL_ALL -> kill(Place.NODES, true);
            case FREEZE_3 -> freeze(any, holder, Duration.ofSeconds(3));
            case FREEZE_15 -> freeze(any, holder, Duration.ofSeconds(15));
            case FREEZE_60 -> freeze(any, holder, Duration.ofMinutes(1));
            case PARTITION -> partition(any, holder, true);
            case ONE_WAY_PARTITION -> partition(any, holder, false);
            case DATABASE_PARTITION -> databasePartition(any, holder);
            case DELAY -> weather(new Weather(200, 100, 0));
            case LOSS -> weather(new Weather(0, 0, 0.2));
            case DATABASE_RESTART -> {
                cluster.database.stop();
                yield new Blow("", Duration.ZERO, false, cluster.database::start);
            }
            case DATABASE_KILL -> {
                cluster.database.kill();
                yield new Blow("", seconds(1, 10), false, cluster.database::start);
            }
            case DISK_FULL -> fill();
            case CLOCK -> {
                FakeClock clock = arsenal.fakeClock(cluster.folder);
                clock.ahead(Duration.ofHours(1));
                yield new Blow("", seconds(5, 15), false, () -> clock.ahead(Duration.ZERO));
            }
        };
    }

    private Place worker(Place holder, Place oldest) {
        List<Place> workers = new ArrayList<>(Place.NODES);
        workers.removeAll(List.of(holder, oldest));
        return workers.get(random.nextInt(workers.size()));
    }

    private Duration seconds(int least, int most) {
        return Duration.ofMillis(random.nextInt(least * 1000, most * 1000));
    }

    private static String words(Place victim, Place holder) {
        return victim == holder ? "the batch's node" : "another node than the batch's";
    }

    /// @param atOnce whether they are started again at once; else after the others have gone on without them
    private Blow kill(List<Place> victims, boolean atOnce) {
        victims.parallelStream().map(cluster.nodes::get).forEach(Node::kill);
        return new Blow("", atOnce ? Duration.ZERO : PATIENCE, !atOnce, () -> {
            for (Place victim : victims) {
                cluster.nodes.get(victim).start();
            }
        });
    }

    private Blow freeze(Place victim, Place holder, Duration lasts) throws IOException {
        Node node = cluster.nodes.get(victim);
        node.signal("STOP");
        return new Blow(words(victim, holder), lasts, false, () -> node.signal("CONT"));
    }

    private Blow partition(Place victim, Place holder, boolean bothWays) {
        Wire wire = arsenal.network();
        for (Place other : Place.NODES) {
            if (other != victim) {
                wire.cut(victim, other);
                if (bothWays) {
                    wire.cut(other, victim);
                }
            }
        }
        return new Blow(words(victim, holder), LOST.plus(seconds(0, 10)), false, wire::mend);
    }

    private Blow databasePartition(Place victim, Place holder) {
        Wire wire = arsenal.network();
        wire.cut(victim, Place.DATABASE);
        wire.cut(Place.DATABASE, victim);
        return new Blow(words(victim, holder), seconds(10, 40), false, wire::mend);
    }

    private Blow weather(Weather weather) {
        Wire wire = arsenal.network();
        wire.turn(weather);
        return new Blow("", seconds(15, 30), false, wire::mend);
    }

    private Blow fill() throws IOException {
        Path filling = arsenal.smallDisk().resolve("filling");
        byte[] zeros = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(filling)) {
            while (true) {
                out.write(zeros);
            }
        } catch (IOException full) {
            return new Blow("", seconds(5, 15), false, () -> Files.delete(filling));
        }
    }
}
