package io.nightshift.nemesis;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Measures what more nodes bring, and how nodes share the work. Run by `bench/scaling.sh`.
final class Scaling {

    private static final int COPIES = 10;
    private static final int PARTITION_ROWS = 10_000;
    private static final double TOLERANCE = 0.1;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final int processors = Runtime.getRuntime().availableProcessors();
    private final Stage stage;
    private final Workload workload;
    private final Output output;

    private Scaling(Stage stage, Workload workload, Output output) {
        this.stage = stage;
        this.workload = workload;
        this.output = output;
    }

    /// @param arguments none
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("nightshift-scaling-");
        boolean proportional;
        try (Stage stage = Stage.set(folder, true, new Random(0))) {
            Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), COPIES, PARTITION_ROWS);
            Output output = new Output.Folder(folder.resolve("predictions"));
            proportional = new Scaling(stage, workload, output).measure();
        }
        System.exit(proportional ? 0 : 1);
    }

    private boolean measure() throws Exception {
        out.printf(
                "%,d rows in %d partitions, nodes of one scoring thread, each pinned to one of %d processors%s.%n%n",
                workload.rows(),
                workload.partitions(),
                processors,
                processors < 4 ? "; more nodes than that, and the database, share them" : "");
        out.println("| nodes | rows/s | to one node |");
        out.println("|---|---|---|");
        double one = 0;
        for (int nodes = 1; nodes <= Place.NODES.size(); nodes++) {
            List<Place> places = Place.NODES.subList(0, nodes);
            double rate = Batches.rowsPerSecond(commits(Shape.FAST.pinned(pins(places)), places));
            one = nodes == 1 ? rate : one;
            out.printf(Locale.ROOT, "| %d | %,.0f | %.2f |%n", nodes, rate, rate / one);
        }
        return share();
    }

    private Map<Place, String> pins(List<Place> places) {
        Map<Place, String> pins = new EnumMap<>(Place.class);
        places.forEach(place -> pins.put(place, String.valueOf(places.indexOf(place) % processors)));
        return pins;
    }

    private List<Batches.Commit> commits(Shape shape, List<Place> places) throws Exception {
        Cluster cluster = stage.cluster(shape, places);
        try {
            Batches batches = new Batches(cluster, workload, output);
            // The first is for the compiler.
            batches.run();
            return batches.run();
        } finally {
            stage.end(false);
        }
    }

    private boolean share() throws Exception {
        Map<Place, Integer> threads = Map.of(Place.A, 1, Place.B, 1, Place.C, 2);
        Cluster cluster = stage.cluster(Shape.FAST.with(threads), Place.NODES);
        Batches batches = new Batches(cluster, workload, output);
        batches.run();
        Map<String, Double> shares = Batches.shares(batches.run());
        out.printf("%n| node's threads | share of the rows | in proportion |%n|---|---|---|%n");
        boolean proportional = true;
        for (Place place : Place.NODES) {
            double share = shares.getOrDefault(cluster.nodes.get(place).name, 0.0);
            double wanted = threads.get(place) / 4.0;
            proportional &= Math.abs(share / wanted - 1) <= TOLERANCE;
            out.printf(Locale.ROOT, "| %d | %.3f | %.2f |%n", threads.get(place), share, wanted);
        }
        out.printf("%n%s%n", proportional ? "In proportion within 10 %." : "Not in proportion within 10 %.");
        stage.end(false);
        return proportional;
    }
}
