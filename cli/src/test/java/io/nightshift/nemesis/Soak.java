package io.nightshift.nemesis;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Lets three nodes score at full load, and looks whether one of them took another for dead. Run by `bench/soak.sh`.
final class Soak {

    /// What nodes say where heartbeats are late.
    private static final Pattern WARNING =
            Pattern.compile("heartbeat|unreachable|can't be reached|is given up", Pattern.CASE_INSENSITIVE);

    private static final int COPIES = 10;
    private static final int PARTITION_ROWS = 20_000;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Map<Place, Long> first = new EnumMap<>(Place.class);

    private Soak() {}

    /// @param arguments minutes
    public static void main(String[] arguments) throws Exception {
        System.exit(new Soak().run(Duration.ofMinutes(Long.parseLong(arguments[0]))));
    }

    private int run(Duration duration) throws Exception {
        int threads = Runtime.getRuntime().availableProcessors();
        Shape shape = Shape.FAST.with(Map.of(Place.A, threads, Place.B, threads, Place.C, threads));
        Path folder = Files.createTempDirectory("nightshift-soak-");
        try (Stage stage = Stage.set(folder, true, new Random(0))) {
            Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), COPIES, PARTITION_ROWS);
            Cluster cluster = stage.cluster(shape, Place.NODES);
            Batches batches = new Batches(cluster, workload, new Output.Folder(folder.resolve("predictions")));
            long begin = System.nanoTime();
            int count = 0;
            while (System.nanoTime() - begin < duration.toNanos()) {
                batches.run();
                count++;
                if (count == 1) {
                    first.putAll(memory(cluster));
                }
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            tell(cluster, workload.rows() * count, count, seconds, threads);
            List<String> warnings = warnings(cluster);
            warnings.forEach(out::println);
            out.printf("%n%s%n", warnings.isEmpty() ? "No node took another for dead." : "Heartbeats were late.");
            return warnings.isEmpty() ? 0 : 1;
        }
    }

    private void tell(Cluster cluster, long rows, int batches, double seconds, int threads) throws IOException {
        out.printf(
                Locale.ROOT,
                "%,d rows in %d batches and %.0f s on %d processors, three nodes of %d threads each: %,.0f rows/s%n%n",
                rows,
                batches,
                seconds,
                Runtime.getRuntime().availableProcessors(),
                threads,
                rows / seconds);
        out.println("| node | memory after the first batch, MB | after the last, MB |");
        out.println("|---|---|---|");
        for (Map.Entry<Place, Long> last : memory(cluster).entrySet()) {
            out.printf("| %s | %d | %d |%n", last.getKey(), first.get(last.getKey()) >> 20, last.getValue() >> 20);
        }
    }

    private static Map<Place, Long> memory(Cluster cluster) throws IOException {
        Map<Place, Long> memory = new EnumMap<>(Place.class);
        for (Place place : Place.NODES) {
            memory.put(place, cluster.nodes.get(place).residentBytes());
        }
        return memory;
    }

    private static List<String> warnings(Cluster cluster) throws IOException {
        List<String> warnings = new ArrayList<>();
        for (Place place : Place.NODES) {
            try (Stream<String> lines = Files.lines(cluster.nodes.get(place).log())) {
                lines.filter(line -> WARNING.matcher(line).find())
                        .forEach(line -> warnings.add("node " + place + ": " + line));
            }
        }
        return warnings;
    }
}
