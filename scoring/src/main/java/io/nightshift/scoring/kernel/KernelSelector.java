package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Selects the fastest kernel for a forest by estimating each kernel's time per row: its work for trees of
/// these shapes, times the rates measured on the models of `bench/`. Only the ratios of the rates matter, and
/// they differ little between processors.
public final class KernelSelector {

    /// A kernel for a forest.
    ///
    /// @param layout the forest in the tables of the kernel
    /// @param blockSize the number of rows in a block
    /// @param reason which kernel it is, and why: a phrase for people
    public record Selection(ForestLayout layout, int blockSize, String reason) {}

    /// Rows of a block: enough to amortise loading a tree, few enough for the first-level cache to hold their
    /// state.
    private static final int BLOCK = 128;

    /// Rows of a block for symmetric trees: what a tree has to set up is small then.
    private static final int SYMMETRIC_BLOCK = 512;

    /// With more tests, a block has half the rows, so that its outcomes fit into the second-level cache.
    private static final int MANY_TESTS = 1 << 14;

    /// Up to so many sets of categories, a row takes no longer than some microseconds for all of them.
    private static final int MANY_SETS = 1 << 9;

    /// The outcomes of more tests do not fit into the second-level cache.
    public static final int MAX_TESTS = 1 << 17;

    /// The same for kernels that keep four words of outcomes per test.
    static final int MAX_REACH_TESTS = 1 << 15;

    /// Whether this JVM was started with the Vector API.
    private static final boolean HAS_VECTORS =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private static final AtomicBoolean TOLD = new AtomicBoolean();

    // In nanoseconds for a row.
    private static final double TEST = 0.016;
    private static final double CIRCUIT = 0.5;
    private static final double CIRCUIT_NODE = 0.009;
    private static final double STEP = 1.5;
    private static final double REACH = 1.25;
    private static final double REACH_NODE = 0.016;
    private static final double RANKED_STEP = 1.6;
    private static final double LITERAL_STEP = 25;
    private static final double SET = 12;

    private final Forest forest;
    private final SplitThresholds thresholds;
    private final SplitConditions tests;

    private KernelSelector(SplitThresholds thresholds) {
        this.forest = thresholds.forest;
        this.thresholds = thresholds;
        this.tests = SplitConditions.of(thresholds);
    }

    /// Selects the fastest kernel that takes the forest, and lays the forest out for it.
    ///
    /// @param forest the forest
    public static Selection select(Forest forest) {
        SplitThresholds thresholds = SplitThresholds.of(forest);
        SymmetricForest symmetric =
                forest.shape().arithmetic() == Precision.FLOAT64 ? SymmetricForest.of(thresholds) : null;
        return symmetric != null && HAS_VECTORS
                ? byVectors(symmetric)
                : new KernelSelector(thresholds).select(symmetric != null);
    }

    private Selection select(boolean isSymmetric) {
        if (forest.sets() > MANY_SETS && literal() < sets()) {
            return new Selection(
                    new ReferenceKernel.Layout(forest),
                    BLOCK,
                    "reference, a node at a time: to put each row to all of %d sets would take longer"
                            .formatted(forest.sets()));
        }
        if (tests.count > MAX_TESTS || ranked() < Math.min(circuits(), reach())) {
            RankedForest ranked = RankedForest.of(thresholds);
            if (ranked != null || tests.count > MAX_TESTS) {
                return rowByRow(ranked);
            }
        }
        if (reach() < circuits() && tests.count <= MAX_REACH_TESTS) {
            NodeMaskForest reach = NodeMaskForest.of(thresholds, tests);
            if (reach != null) {
                return byNodes(reach);
            }
        }
        String how = forest.depth() <= BitSlicedForest.MAX_LEVELS
                ? "no tree is deeper than %d levels".formatted(BitSlicedForest.MAX_LEVELS)
                : "below %d levels, of up to %d, a row at a time".formatted(BitSlicedForest.MAX_LEVELS, forest.depth());
        if (isSymmetric) {
            how += vectorsMissing();
        }
        return new Selection(
                new BitSlicedForest(thresholds, tests),
                tests.count > MANY_TESTS ? Long.SIZE : BLOCK,
                "bit-sliced, 64 rows at a time: " + how);
    }

    private static Selection byVectors(SymmetricForest symmetric) {
        ForestLayout layout = new VectorSymmetricKernel.Layout(symmetric);
        return new Selection(
                layout,
                Math.max(SYMMETRIC_BLOCK, layout.rows()),
                "symmetric, by vectors of bytes, %d rows at a time: all nodes of a level have the same test"
                        .formatted(layout.rows()));
    }

    /// Says in the log, once, that there are no vectors.
    private static String vectorsMissing() {
        if (!TOLD.getAndSet(true)) {
            // Not a field: to look for a logger takes as long as to load a small model.
            System.getLogger(KernelSelector.class.getName())
                    .log(Level.INFO, "this JVM has no Vector API; kernels do without, and their scores are the same");
        }
        return "; vectors would be faster (--add-modules=jdk.incubator.vector)";
    }

    private Selection byNodes(NodeMaskForest reach) {
        String why = "trees are up to %d levels deep, and uneven".formatted(forest.depth());
        if (HAS_VECTORS) {
            ForestLayout layout = new VectorNodeMaskKernel.Layout(reach);
            return new Selection(
                    layout,
                    layout.rows(),
                    "bit-sliced by nodes, by vectors of %1$d bits, %1$d rows at a time: %2$s"
                            .formatted(layout.rows(), why));
        }
        return new Selection(
                reach,
                reach.rows(),
                "bit-sliced by nodes, %d rows at a time: %s%s".formatted(reach.rows(), why, vectorsMissing()));
    }

    private Selection rowByRow(@Nullable RankedForest ranked) {
        if (ranked == null) {
            return new Selection(
                    new ReferenceKernel.Layout(forest),
                    BLOCK,
                    "reference, a node at a time: there are too many features or nodes for the others");
        }
        String reason = tests.count > MAX_TESTS
                ? "tests take %d positions, and the bit-sliced kernel has %d".formatted(tests.count, MAX_TESTS)
                : "to put each row to all of %d tests would take longer".formatted(tests.count);
        return new Selection(ranked, BLOCK, "ranked, a row at a time: " + reason);
    }

    private double circuits() {
        double sum = tests.count * TEST;
        for (int tree = 0; tree < forest.trees(); tree++) {
            int levels = Math.min(forest.depth(tree), BitSlicedForest.MAX_LEVELS);
            int nodes = BitSlicedForest.isSymmetric(forest, tree) ? levels : 1 << levels;
            sum += CIRCUIT + nodes * CIRCUIT_NODE + (forest.depth(tree) - levels) * STEP;
        }
        return sum;
    }

    private double reach() {
        double inner = (forest.nodes() - forest.trees()) / 2.0;
        return tests.count * TEST + forest.trees() * REACH + inner * REACH_NODE;
    }

    private double ranked() {
        return steps() * RANKED_STEP;
    }

    private double literal() {
        return steps() * LITERAL_STEP;
    }

    private double steps() {
        double steps = 0;
        for (int tree = 0; tree < forest.trees(); tree++) {
            steps += forest.depth(tree);
        }
        return steps;
    }

    /// All other kernels put each row to all sets of categories.
    private double sets() {
        return forest.sets() * SET;
    }
}
