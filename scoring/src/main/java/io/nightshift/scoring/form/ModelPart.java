package io.nightshift.scoring.form;

import java.util.List;

/// A part of another library's model, as data: its kind, rows of numbers, and the parts that it consists of.
/// The library rebuilds the model from it ([io.nightshift.scoring.format.ModelLibrary#rebuild]).
public final class ModelPart {

    /// The deepest nesting of parts in a model file; no supported model is deeper.
    public static final int MAX_DEPTH = 4;

    /// The heap of this object and its two lists, in bytes.
    public static final int OBJECTS = 24 + 2 * 40;

    private final String kind;
    private final List<double[]> numbers;
    private final List<ModelPart> parts;

    /// @param kind which part it is, in the words of its library
    /// @param numbers rows of numbers, whose meaning the kind defines
    /// @param parts the parts that it consists of
    public ModelPart(String kind, List<double[]> numbers, List<ModelPart> parts) {
        this.kind = kind;
        this.numbers = List.copyOf(numbers);
        this.parts = List.copyOf(parts);
    }

    /// The name of the part in the words of its library.
    public String kind() {
        return kind;
    }

    /// All rows of numbers. The caller must not change them.
    public List<double[]> numbers() {
        return numbers;
    }

    /// A row of numbers. The caller must not change it.
    ///
    /// @param at the index of the array of numbers
    /// @throws IndexOutOfBoundsException if there is no such row
    public double[] numbers(int at) {
        return numbers.get(at);
    }

    /// The first number of a row, for rows of one number.
    ///
    /// @param at the index of the array of numbers
    public double number(int at) {
        return numbers.get(at)[0];
    }

    /// A row of the given length.
    ///
    /// @param at the index of the array of numbers
    /// @param length the length that the array must have
    /// @throws IllegalArgumentException if there is no such row, or it has another length
    public double[] numbers(int at, int length) {
        if (at >= numbers.size() || numbers.get(at).length != length) {
            throw new IllegalArgumentException(
                    "its part " + kind + " lacks the row " + at + " of " + length + " numbers");
        }
        return numbers.get(at);
    }

    /// The only number of a row, which is a count.
    ///
    /// @param at the index of the array of numbers
    /// @param lowest the smallest valid number
    /// @param highest the largest valid number
    /// @throws IllegalArgumentException if it is not a whole number from `lowest` to `highest`
    public int count(int at, int lowest, int highest) {
        double[] row = numbers(at, 1);
        if (!(row[0] >= lowest && row[0] <= highest) || row[0] != Math.rint(row[0])) {
            String number = row[0] == (long) row[0] ? Long.toString((long) row[0]) : Double.toString(row[0]);
            throw new IllegalArgumentException(
                    "its part " + kind + " has " + number + " where " + lowest + " to " + highest + " can stand");
        }
        return (int) row[0];
    }

    /// The rows from position `from` to the last, all of the same length.
    ///
    /// @param from the index of the first array
    /// @throws IllegalArgumentException if there are none, or they have different lengths or no numbers
    public double[][] rows(int from) {
        double[][] rows =
                numbers.subList(Math.min(from, numbers.size()), numbers.size()).toArray(double[][]::new);
        for (double[] row : rows) {
            if (row.length == 0 || row.length != rows[0].length) {
                throw new IllegalArgumentException("its part " + kind + " has rows of different lengths");
            }
        }
        if (rows.length == 0) {
            throw new IllegalArgumentException("its part " + kind + " has no rows");
        }
        return rows;
    }

    /// All parts that it consists of.
    public List<ModelPart> parts() {
        return parts;
    }

    /// A part that it consists of.
    ///
    /// @param at the index of the part
    /// @throws IndexOutOfBoundsException if there is no such part
    public ModelPart part(int at) {
        return parts.get(at);
    }

    /// An estimate of the heap of this part and its parts, in bytes.
    public long heapBytes() {
        return OBJECTS
                + numbers.stream().mapToLong(row -> 20 + 8L * row.length).sum()
                + parts.stream().mapToLong(ModelPart::heapBytes).sum();
    }
}
