package io.nightshift.scoring.kernel;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The [NodeMaskKernel] with a vector in place of a word: 512 rows at a time on processors with vectors of
/// 512 bits.
///
/// It needs the module `jdk.incubator.vector`: without it, this class must not be loaded. The methods are
/// small, because a vector that leaves a compiled method becomes an object.
public final class VectorNodeMaskKernel extends NodeMaskKernel {

    private static final VectorSpecies<Long> SPECIES = VectorSpecies.of(
            long.class,
            VectorShape.forBitSize(Integer.getInteger(
                    "nightshift.vector.bits", VectorShape.preferredShape().vectorBitSize())));
    private static final int WORDS = SPECIES.length();
    private static final int WORD = SplitOutcomes.WORD;

    /// The number of rows that are processed together.
    public static final int ROWS = WORDS * WORD;

    private static final long ODD = 0x5555555555555555L;
    private static final long PAIRS = 0x3333333333333333L;
    private static final long NIBBLES = 0x0f0f0f0f0f0f0f0fL;

    /// A [NodeMaskForest] for this kernel.
    ///
    /// @param forest the forest in this layout
    public record Layout(NodeMaskForest forest) implements ForestLayout {
        @Override
        public ForestKernel kernel(int blockSize) {
            return new VectorNodeMaskKernel(forest, blockSize);
        }

        @Override
        public int rows() {
            return ROWS;
        }

        @Override
        public int leafSlots(int tree) {
            return forest.leafSlots(tree);
        }

        @Override
        public int leafSlot(int tree, int node) {
            return forest.leafSlot(tree, node);
        }

        @Override
        public long heapBytes() {
            return forest.heapBytes();
        }
    }

    private VectorNodeMaskKernel(NodeMaskForest forest, int blockSize) {
        super(forest, blockSize, WORDS);
    }

    @Override
    void find(NodeMaskForest.Tree tree, long[] right, int[] places, int to) {
        divide(tree.forks, right, reach);
        int width = tree.turns.length;
        for (int bit = 0; bit < width; bit++) {
            combine(tree.turns[bit], tree.ends[bit], right, reach, bits, bit * WORDS);
        }
        Arrays.fill(bits, width * WORDS, bits.length, 0);
        transpose(bits, 0);
        if (width <= Byte.SIZE) {
            store(bits, places, to);
        } else {
            transpose(bits, Byte.SIZE * WORDS);
            storeWide(bits, places, to);
        }
    }

    private static void divide(int[] forks, long[] right, long[] reach) {
        int to = WORDS;
        for (int i = 0; i < forks.length; i += 2, to += 2 * WORDS) {
            LongVector all = LongVector.fromArray(SPECIES, reach, forks[i] * WORDS);
            LongVector going = all.and(LongVector.fromArray(SPECIES, right, forks[i + 1] * WORDS));
            all.lanewise(XOR, going).intoArray(reach, to);
            going.intoArray(reach, to + WORDS);
        }
    }

    private static void combine(int[] turns, int[] ends, long[] right, long[] reach, long[] bits, int to) {
        LongVector bit = LongVector.zero(SPECIES);
        for (int turn : turns) {
            bit = bit.lanewise(XOR, LongVector.fromArray(SPECIES, reach, turn * WORDS));
        }
        for (int i = 0; i < ends.length; i += 2) {
            LongVector all = LongVector.fromArray(SPECIES, reach, ends[i] * WORDS);
            bit = bit.lanewise(XOR, all.and(LongVector.fromArray(SPECIES, right, ends[i + 1] * WORDS)));
        }
        bit.intoArray(bits, to);
    }

    /// Like [BitTranspose#transpose], but in place: byte j of lane w of vector i becomes that of row 64w +
    /// 8j + i.
    private static void transpose(long[] bits, int at) {
        for (int i = 0; i < 8; i += 2) {
            exchange(bits, at + i * WORDS, at + (i + 1) * WORDS, 1, ODD);
        }
        for (int i = 0; i < 8; i += 4) {
            exchange(bits, at + i * WORDS, at + (i + 2) * WORDS, 2, PAIRS);
            exchange(bits, at + (i + 1) * WORDS, at + (i + 3) * WORDS, 2, PAIRS);
        }
        for (int i = 0; i < 4; i++) {
            exchange(bits, at + i * WORDS, at + (i + 4) * WORDS, 4, NIBBLES);
        }
    }

    private static void exchange(long[] bits, int low, int high, int shift, long mask) {
        LongVector lower = LongVector.fromArray(SPECIES, bits, low);
        LongVector higher = LongVector.fromArray(SPECIES, bits, high);
        LongVector changed = lower.lanewise(LSHR, shift).lanewise(XOR, higher).and(mask);
        higher.lanewise(XOR, changed).intoArray(bits, high);
        lower.lanewise(XOR, changed.lanewise(LSHL, shift)).intoArray(bits, low);
    }

    private static void store(long[] bytes, int[] places, int to) {
        for (int word = 0; word < WORDS; word++) {
            for (int i = 0; i < BitTranspose.BYTES; i++) {
                long low = bytes[i * WORDS + word];
                for (int row = i; row < WORD; row += BitTranspose.BYTES) {
                    places[to + word * WORD + row] = (int) low & 0xff;
                    low >>>= Byte.SIZE;
                }
            }
        }
    }

    private static void storeWide(long[] bytes, int[] places, int to) {
        for (int word = 0; word < WORDS; word++) {
            for (int i = 0; i < BitTranspose.BYTES; i++) {
                long low = bytes[i * WORDS + word];
                long high = bytes[(BitTranspose.BYTES + i) * WORDS + word];
                for (int row = i; row < WORD; row += BitTranspose.BYTES) {
                    places[to + word * WORD + row] = (((int) high & 0xff) << Byte.SIZE) | ((int) low & 0xff);
                    low >>>= Byte.SIZE;
                    high >>>= Byte.SIZE;
                }
            }
        }
    }
}
