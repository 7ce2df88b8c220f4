package io.nightshift.scoring.kernel;

import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.GT;

import java.util.stream.IntStream;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Adds the leaves of a tree of up to 64 leaves from registers, 16 rows at a time: without a load for each row.
///
/// A register of 512 bits holds the lower or the upper halves of 16 leaves. One instruction selects 16 halves from
/// two registers, so four of them find the halves of 16 leaves among 64.
///
/// It needs the module `jdk.incubator.vector`, and vectors of 512 bits. No method has a vector as its
/// argument: with one, the compiler made objects of vectors, which took three times as long.
final class VectorLeaves {

    /// The size of a table of leaves.
    static final int LEAVES = 64;

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_512;
    private static final VectorSpecies<Byte> NUMBERS = ByteVector.SPECIES_128;

    /// The rows that are processed together.
    private static final int ROWS = INTS.length();

    private static final int PAIR = DOUBLES.length();

    /// The halves of numbers in two registers, as they lie in memory.
    private static final IntVector LOWER = lanes(0, 2);

    private static final IntVector UPPER = lanes(1, 2);

    /// The first and the last eight numbers whose halves are in two registers.
    private static final IntVector FIRST = halves(0);

    private static final IntVector LAST = halves(PAIR);

    private VectorLeaves() {}

    private static IntVector lanes(int first, int step) {
        return IntVector.fromArray(
                INTS, IntStream.range(0, ROWS).map(lane -> first + step * lane).toArray(), 0);
    }

    private static IntVector halves(int first) {
        return IntVector.fromArray(
                INTS,
                IntStream.range(0, ROWS)
                        .map(lane -> first + lane / 2 + lane % 2 * ROWS)
                        .toArray(),
                0);
    }

    /// Adds a leaf to each of some sums.
    ///
    /// @param leaves [#LEAVES] leaves
    /// @param numbers the number of each row's leaf, at `from`
    /// @param rows the number of rows; up to 15 more sums change
    static void add(double[] leaves, byte[] numbers, int from, int rows, double[] sums) {
        IntVector a = load(leaves, 0);
        IntVector b = load(leaves, 1);
        IntVector c = load(leaves, 2);
        IntVector d = load(leaves, 3);
        IntVector e = load(leaves, 4);
        IntVector f = load(leaves, 5);
        IntVector g = load(leaves, 6);
        IntVector h = load(leaves, 7);
        IntVector lower0 = LOWER.selectFrom(a, b);
        IntVector lower1 = LOWER.selectFrom(c, d);
        IntVector lower2 = LOWER.selectFrom(e, f);
        IntVector lower3 = LOWER.selectFrom(g, h);
        IntVector upper0 = UPPER.selectFrom(a, b);
        IntVector upper1 = UPPER.selectFrom(c, d);
        IntVector upper2 = UPPER.selectFrom(e, f);
        IntVector upper3 = UPPER.selectFrom(g, h);
        for (int row = 0; row < rows; row += ROWS) {
            IntVector number = (IntVector)
                    ByteVector.fromArray(NUMBERS, numbers, from + row).convertShape(B2I, INTS, 0);
            VectorMask<Integer> isHigh = number.compare(GT, LEAVES / 2 - 1);
            IntVector lower = number.selectFrom(lower0, lower1).blend(number.selectFrom(lower2, lower3), isHigh);
            IntVector upper = number.selectFrom(upper0, upper1).blend(number.selectFrom(upper2, upper3), isHigh);
            DoubleVector.fromArray(DOUBLES, sums, row)
                    .add(FIRST.selectFrom(lower, upper).reinterpretAsDoubles())
                    .intoArray(sums, row);
            DoubleVector.fromArray(DOUBLES, sums, row + PAIR)
                    .add(LAST.selectFrom(lower, upper).reinterpretAsDoubles())
                    .intoArray(sums, row + PAIR);
        }
    }

    private static IntVector load(double[] leaves, int at) {
        return DoubleVector.fromArray(DOUBLES, leaves, at * PAIR).reinterpretAsInts();
    }
}
