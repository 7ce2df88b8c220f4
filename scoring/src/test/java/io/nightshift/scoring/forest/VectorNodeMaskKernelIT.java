package io.nightshift.scoring.forest;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.SyntheticForests;
import io.nightshift.scoring.kernel.ForestLayout;
import io.nightshift.scoring.kernel.KernelSelector;
import io.nightshift.scoring.kernel.NodeMaskForest;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.kernel.SplitConditions;
import io.nightshift.scoring.kernel.SplitThresholds;
import io.nightshift.scoring.kernel.VectorNodeMaskKernel;
import io.nightshift.scoring.link.Link;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs JVMs of its own: a process has one width of vectors, and says once that it has none.
class VectorNodeMaskKernelIT {

    private static final String MODULE = "--add-modules=jdk.incubator.vector";

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void vectorsOfEveryWidthGiveTheBitsOfTheDefinition(int bits) throws Exception {
        assertThat(java(MODULE, "-Dnightshift.vector.bits=" + bits, "compare"))
                .contains("equal, " + bits + " rows at a time");
    }

    @Test
    void aJvmWithVectorsUsesThemForUnevenTrees() throws Exception {
        assertThat(java(MODULE, "kernel")).contains("by vectors of ");
    }

    @Test
    void aJvmWithoutThemDoesWithout() throws Exception {
        assertThat(java("kernel"))
                .contains("bit-sliced by nodes, 256 rows at a time")
                .contains("--add-modules=jdk.incubator.vector");
    }

    @Test
    void aJvmWithoutThemSaysSoInItsLogOnceForAllModels() throws Exception {
        assertThat(java("log"))
                .containsOnlyOnce(
                        "[INFO] this JVM has no Vector API; kernels do without, and their scores are the same");
        assertThat(java(MODULE, "log")).contains("3 models").doesNotContain("Vector API;");
    }

    private static String java(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(arguments).subList(0, arguments.length - 1));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(VectorNodeMaskKernelIT.class.getName());
        command.add(arguments[arguments.length - 1]);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /// The program of those JVMs.
    public static void main(String[] arguments) {
        switch (arguments[0]) {
            case "kernel" -> System.out.println(uneven(1).kernel());
            case "log" -> printLogOfThreeModels();
            default -> compare();
        }
    }

    private static ForestScorers uneven(int seed) {
        return ForestScorers.of(SyntheticForests.uneven(new Random(seed), 40, 5, 200));
    }

    private static void printLogOfThreeModels() {
        List<String> lines = new ArrayList<>();
        Logger log = Logger.getLogger(KernelSelector.class.getName());
        log.setUseParentHandlers(false);
        log.addHandler(new LogLines(lines));
        for (int model = 1; model <= 3; model++) {
            assertThat(uneven(model).kernel()).startsWith("bit-sliced by nodes");
        }
        System.out.println("3 models");
        lines.forEach(System.out::println);
    }

    /// Collects what the JVM's own logging is told.
    private static final class LogLines extends Handler {

        private final List<String> lines;

        private LogLines(List<String> lines) {
            this.lines = lines;
        }

        @Override
        public void publish(LogRecord line) {
            lines.add("[" + line.getLevel() + "] " + line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static void compare() {
        Random random = new Random(11);
        for (int i = 0; i < 40; i++) {
            Forest forest = i % 2 == 0
                    ? SyntheticForests.forest(
                            random,
                            1 + random.nextInt(8),
                            random.nextInt(20),
                            Comparison.LESS,
                            true,
                            Link.SOFTMAX,
                            3,
                            1)
                    : SyntheticForests.forest(random, Comparison.LESS_OR_EQUAL, true, Link.SHARES, 2, 2);
            double[][] rows = SyntheticForests.rows(random, forest, 1 + random.nextInt(1200));
            SplitThresholds thresholds = SplitThresholds.of(forest);
            NodeMaskForest reach =
                    Objects.requireNonNull(NodeMaskForest.of(thresholds, SplitConditions.of(thresholds)));
            double[][] expected = score(forest, new ReferenceKernel.Layout(forest), 128, rows);
            int blockSize = VectorNodeMaskKernel.ROWS * (1 + random.nextInt(3));
            if (!Arrays.deepEquals(expected, score(forest, new VectorNodeMaskKernel.Layout(reach), blockSize, rows))) {
                throw new IllegalStateException("forest " + i + " has other scores");
            }
        }
        System.out.println("equal, " + VectorNodeMaskKernel.ROWS + " rows at a time");
    }

    private static double[][] score(Forest forest, ForestLayout layout, int blockSize, double[][] rows) {
        double[][] outputs = new double[forest.outputs()][rows[0].length];
        new ForestScorers(forest, layout, blockSize, "").scorer().score(rows, rows[0].length, outputs);
        return outputs;
    }
}
