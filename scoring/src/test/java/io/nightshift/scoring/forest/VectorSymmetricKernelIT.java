package io.nightshift.scoring.forest;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.SyntheticForests;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.kernel.SplitThresholds;
import io.nightshift.scoring.kernel.SymmetricForest;
import io.nightshift.scoring.kernel.VectorSymmetricKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs JVMs of its own: a process has one width of vectors, or none.
class VectorSymmetricKernelIT {

    private static final String MODULE = "--add-modules=jdk.incubator.vector";

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void vectorsOfEveryWidthGiveTheBitsOfTheDefinition(int bits) throws Exception {
        assertThat(java(MODULE, "-Dnightshift.vector.bits=" + bits, "compare"))
                .contains("equal, " + bits / 2 + " rows at a time");
    }

    @Test
    void aJvmWithVectorsUsesThemForSymmetricTrees() throws Exception {
        assertThat(java(MODULE, "kernel")).contains("symmetric, by vectors of bytes");
    }

    @Test
    void aJvmWithoutThemDoesWithout() throws Exception {
        assertThat(java("kernel"))
                .contains("bit-sliced, 64 rows at a time")
                .contains("--add-modules=jdk.incubator.vector");
    }

    private static String java(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Arrays.asList(arguments).subList(0, arguments.length - 1));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(VectorSymmetricKernelIT.class.getName());
        command.add(arguments[arguments.length - 1]);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /// The program of those JVMs.
    public static void main(String[] arguments) {
        if (arguments[0].equals("kernel")) {
            System.out.println(ForestScorers.of(SyntheticForests.symmetric(new Random(1), 40, 5, 6, false))
                    .kernel());
        } else {
            compare();
        }
    }

    private static void compare() {
        Random random = new Random(12);
        for (int i = 0; i < 60; i++) {
            // Each ninth one has more than 255 thresholds for a feature.
            Forest forest = i % 9 == 0
                    ? SyntheticForests.symmetric(random, 900, 2, 6, false)
                    : SyntheticForests.symmetric(
                            random, 1 + random.nextInt(60), 1 + random.nextInt(20), random.nextInt(17), false);
            double[][] rows = SyntheticForests.rows(random, forest, 1 + random.nextInt(1200));
            SymmetricForest symmetric = Objects.requireNonNull(SymmetricForest.of(SplitThresholds.of(forest)));
            ForestScorers scorers = new ForestScorers(
                    forest,
                    new VectorSymmetricKernel.Layout(symmetric),
                    VectorSymmetricKernel.ROWS * (1 + random.nextInt(3)),
                    "");
            ForestScorers reference = new ForestScorers(forest, new ReferenceKernel.Layout(forest), 128, "");
            if (!Arrays.deepEquals(score(reference, rows), score(scorers, rows))) {
                throw new IllegalStateException("forest " + i + " has other scores");
            }
        }
        System.out.println("equal, " + VectorSymmetricKernel.ROWS + " rows at a time");
    }

    private static double[][] score(ForestScorers scorers, double[][] rows) {
        double[][] outputs = new double[scorers.forest.outputs()][rows[0].length];
        scorers.scorer().score(rows, rows[0].length, outputs);
        return outputs;
    }
}
