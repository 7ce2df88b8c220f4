package io.nightshift.nemesis;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Round after round against a cluster, which is replaced when something is wrong with it.
final class Attack {

    /// Where predictions go.
    enum Destination {
        PARQUET,
        POSTGRES;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Stage stage;
    private final Arsenal arsenal;
    private final Shape shape;
    private final Workload workload;
    private final Path predictions;
    private final long seed;
    private final Random random;
    private final Map<Destination, String> undisturbed = new EnumMap<>(Destination.class);
    private int rounds;

    /// @param folder of all files
    Attack(Stage stage, Arsenal arsenal, Shape shape, Workload workload, Path folder, long seed) {
        this.stage = stage;
        this.arsenal = arsenal;
        this.shape = shape;
        this.workload = workload;
        this.predictions = folder.resolve("predictions");
        this.seed = seed;
        this.random = new Random(seed);
    }

    Outcome round(Fault fault, Destination destination) {
        rounds++;
        Outcome outcome;
        try {
            outcome = attack(fault, fault == Fault.DISK_FULL ? Destination.PARQUET : destination);
        } catch (Exception | AssertionError e) {
            outcome = Outcome.broken(rounds, seed, fault, destination.toString(), e.toString());
        }
        if (!outcome.isGood()) {
            stage.end(true);
        }
        return outcome;
    }

    private Outcome attack(Fault fault, Destination destination) throws Exception {
        Cluster cluster = stage.cluster(shape, Place.NODES);
        String wanted = undisturbed.get(destination);
        if (wanted == null) {
            wanted = workload.undisturbed(output(destination, cluster, predictions), cluster.database);
            undisturbed.put(destination, wanted);
        }
        Path path = fault == Fault.DISK_FULL ? arsenal.smallDisk().resolve("predictions") : predictions;
        Output output = output(destination, cluster, path);
        Blows blows = new Blows(arsenal, cluster, random);
        return new Round(cluster, workload, output, wanted, blows, random).run(rounds, seed, fault);
    }

    private static Output output(Destination destination, Cluster cluster, Path folder) {
        return switch (destination) {
            case PARQUET -> new Output.Folder(folder);
            case POSTGRES -> new Output.Table(cluster.database);
        };
    }
}
