package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A [Forest] in the layout of the [RankedKernel], shared by the kernels of all threads.
///
/// The idea: the values of a block become ranks once (see [Binning]). Each test is then a subtraction of two
/// integers, whose sign bit selects the left or right child, without a branch or floating point.
///
/// A missing value goes left at one node and right at another. So a row has up to two ranks per feature, in
/// *slots*: a missing value has the lowest rank in one slot and the highest in the other, and a node reads
/// the slot of its direction. A nominal feature has a slot of its own for the position of the level.
///
/// Zero-as-missing has two slots of its own. Each distinct set of categories has one, and another where
/// missing values go the other way; its rank is 0 for what goes left and 1 for what goes right.
///
/// A node is one 64-bit number. From the top: 32 bits for the test (the threshold's position j, or the
/// level), one for «nominal», 11 for the slot, 20 for half the position of the left child, whose position in
/// the tree is even. A rank stands in the upper half of 64 bits too, so one subtraction leaves the outcome in
/// the sign bit and the child's position in the lowest ones; rotated by one bit, they are the position of the
/// left child or the right one. A leaf's test always leads to itself, so each row takes as many steps as the
/// tree is deep.
///
/// After the fixed-depth traversal of Asadi, Lin and de Vries, «Runtime Optimizations for Tree-Based Machine
/// Learning Models» (IEEE TKDE 2014), with ranks in the place of values.
public final class RankedForest implements ForestLayout {

    static final int SLOT_SHIFT = 20;
    /// The largest number of slots.
    public static final int MAX_SLOTS = 1 << 11;
    static final int MAX_NODES = 1 << (SLOT_SHIFT + 1);
    static final int CHILD_MASK = MAX_NODES - 1;
    static final int NOMINAL_FLAG = 1 << 31;

    /// The test of a leaf at an even position, above every rank. A leaf at an odd position has -1.
    private static final int NEVER_RIGHT = Integer.MAX_VALUE;
    /// The rank of a missing value that goes right, and of a value that is not a level.
    static final int ALWAYS_RIGHT = Integer.MAX_VALUE - 1;

    final Forest forest;
    final boolean nominal;
    final int slots;
    final long[][] trees;

    final Feature[] features;
    final List<SetSlot> sets;

    /// The slot of a set of categories.
    record SetSlot(int feature, CategorySet set, boolean missingLeft, int slot) {}

    /// The nodes that share a slot.
    private record SetTest(NodeKind kind, int feature, int set) {}

    /// The slots of a forest.
    private static final class Slots {
        private final Feature[] features;
        private final Map<SetTest, SetSlot> sets = new LinkedHashMap<>();
        private int count;

        private Slots(Feature[] features) {
            this.features = features;
        }
    }

    /// The slots of a feature's ranks; -1 for a slot that the forest does not use.
    static final class Feature {
        final Binning binning;
        int missingLeft = -1;
        int missingRight = -1;
        int zeroLeft = -1;
        int zeroRight = -1;
        int level = -1;

        Feature(Binning binning) {
            this.binning = binning;
        }
    }

    private RankedForest(SplitThresholds thresholds, Slots assigned) {
        this.forest = thresholds.forest;
        this.features = assigned.features;
        this.sets = List.copyOf(assigned.sets.values());
        this.slots = Math.max(1, assigned.count);
        this.trees = new long[forest.trees()][];
        thresholds.range(trees.length).forEach(tree -> trees[tree] = encode(tree, assigned, thresholds));
        boolean anyNominal = false;
        for (Feature feature : features) {
            anyNominal |= feature.level >= 0;
        }
        this.nominal = anyNominal;
    }

    private long[] encode(int tree, Slots assigned, SplitThresholds thresholds) {
        int first = forest.root(tree);
        long[] words = new long[forest.root(tree + 1) - first + 1];
        for (int node = first; node < forest.root(tree + 1); node++) {
            words[position(node - first)] = encode(node, first, assigned, thresholds);
        }
        return words;
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new RankedKernel(this, blockSize);
    }

    @Override
    public int leafSlots(int tree) {
        return trees[tree].length;
    }

    @Override
    public int leafSlot(int tree, int node) {
        return position(node - forest.root(tree));
    }

    @Override
    public long heapBytes() {
        long bytes = 0;
        for (long[] tree : trees) {
            bytes += 16 + 8L * tree.length;
        }
        for (Feature feature : features) {
            bytes += 40 + feature.binning.heapBytes();
        }
        for (SetSlot set : sets) {
            bytes += 32 + set.set.heapBytes();
        }
        return bytes;
    }

    /// The position of a tree's node. The position after the root stays empty, so that left children have
    /// even positions.
    private static int position(int node) {
        return node == 0 ? 0 : node + 1;
    }

    /// The forest in this layout, or null if it has too many features, or trees with too many nodes.
    ///
    /// @param thresholds the thresholds of the forest
    public static @Nullable RankedForest of(SplitThresholds thresholds) {
        Forest forest = thresholds.forest;
        Slots slots = assignSlots(thresholds);
        int largest = 0;
        for (int tree = 0; tree < forest.trees(); tree++) {
            largest = Math.max(largest, forest.root(tree + 1) - forest.root(tree));
        }
        if (slots.count > MAX_SLOTS || largest >= MAX_NODES) {
            return null;
        }
        return new RankedForest(thresholds, slots);
    }

    private long encode(int node, int root, Slots assigned, SplitThresholds thresholds) {
        if (forest.isLeaf(node)) {
            int self = position(node - root);
            return word((self & 1) == 0 ? NEVER_RIGHT : -1, 0, self);
        }
        Feature feature = features[forest.feature(node)];
        int test = thresholds.position(node);
        int left = position(forest.child(node) - root);
        return switch (forest.kind(node)) {
            case LEAF -> throw new IllegalStateException("a leaf tests nothing");
            case NUMERIC_MISSING_LEFT -> word(test, feature.missingLeft, left);
            case NUMERIC_MISSING_RIGHT -> word(test, feature.missingRight, left);
            case ZERO_MISSING_LEFT -> word(test, feature.zeroLeft, left);
            case ZERO_MISSING_RIGHT -> word(test, feature.zeroRight, left);
            case SET_MISSING_LEFT, SET_MISSING_RIGHT ->
                word(0, Objects.requireNonNull(assigned.sets.get(setTest(forest, node))).slot, left);
            case NOMINAL -> word((int) forest.threshold(node), feature.level, left) | (NOMINAL_FLAG & 0xffffffffL);
        };
    }

    private static long word(int test, int slot, int child) {
        return ((long) test << 32) | ((long) slot << SLOT_SHIFT) | (child >>> 1);
    }

    private static Feature[] features(Binning[] binnings) {
        Feature[] features = new Feature[binnings.length];
        for (int feature = 0; feature < features.length; feature++) {
            features[feature] = new Feature(binnings[feature]);
        }
        return features;
    }

    private static SetTest setTest(Forest forest, int node) {
        return new SetTest(forest.kind(node), forest.feature(node), (int) forest.threshold(node));
    }

    private static Slots assignSlots(SplitThresholds thresholds) {
        Forest forest = thresholds.forest;
        Slots slots = new Slots(features(thresholds.binnings));
        for (int node = 0; node < forest.nodes(); node++) {
            Feature feature = slots.features[forest.feature(node)];
            switch (forest.kind(node)) {
                case LEAF -> {}
                case NUMERIC_MISSING_LEFT -> feature.missingLeft = slot(feature.missingLeft, slots);
                case NUMERIC_MISSING_RIGHT -> feature.missingRight = slot(feature.missingRight, slots);
                case ZERO_MISSING_LEFT -> feature.zeroLeft = slot(feature.zeroLeft, slots);
                case ZERO_MISSING_RIGHT -> feature.zeroRight = slot(feature.zeroRight, slots);
                case NOMINAL -> feature.level = slot(feature.level, slots);
                case SET_MISSING_LEFT, SET_MISSING_RIGHT ->
                    slots.sets.computeIfAbsent(
                            setTest(forest, node),
                            test -> new SetSlot(
                                    test.feature,
                                    CategorySet.of(forest, test.feature, test.set),
                                    test.kind == NodeKind.SET_MISSING_LEFT,
                                    slots.count++));
            }
        }
        return slots;
    }

    private static int slot(int assigned, Slots slots) {
        return assigned >= 0 ? assigned : slots.count++;
    }
}
