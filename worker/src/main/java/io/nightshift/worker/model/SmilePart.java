package io.nightshift.worker.model;

import java.util.List;

/// A part of a model of Smile's that is kept as it is: what it is, its numbers, and the parts it is made of.
/// Data only: Smile's objects are made of it by their constructors.
final class SmilePart {

    /// More than any supported model nests.
    static final int MAX_DEPTH = 4;

    /// This object and its two lists, in bytes.
    static final int OBJECTS = 24 + 2 * 40;

    private final String kind;
    private final List<double[]> numbers;
    private final List<SmilePart> parts;

    SmilePart(String kind, List<double[]> numbers, List<SmilePart> parts) {
        this.kind = kind;
        this.numbers = List.copyOf(numbers);
        this.parts = List.copyOf(parts);
    }

    String kind() {
        return kind;
    }

    List<double[]> numbers() {
        return numbers;
    }

    double[] numbers(int at) {
        return numbers.get(at);
    }

    /// Of a row of numbers that is just one.
    double number(int at) {
        return numbers.get(at)[0];
    }

    /// A row that has so many numbers.
    ///
    /// @throws IllegalArgumentException if it has others, or isn't there
    double[] numbers(int at, int length) {
        if (at >= numbers.size() || numbers.get(at).length != length) {
            throw new IllegalArgumentException(
                    "its part " + kind + " lacks the row " + at + " of " + length + " numbers");
        }
        return numbers.get(at);
    }

    /// A number that is a count.
    ///
    /// @throws IllegalArgumentException if it is no whole number from `lowest` to `highest`
    int count(int at, int lowest, int highest) {
        double[] row = numbers(at, 1);
        if (!(row[0] >= lowest && row[0] <= highest) || row[0] != Math.rint(row[0])) {
            String number = row[0] == (long) row[0] ? Long.toString((long) row[0]) : Double.toString(row[0]);
            throw new IllegalArgumentException(
                    "its part " + kind + " has " + number + " where " + lowest + " to " + highest + " can stand");
        }
        return (int) row[0];
    }

    /// The rows from `from` on, all of one length.
    ///
    /// @throws IllegalArgumentException if there are none, or they have different lengths or no numbers
    double[][] rows(int from) {
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

    List<SmilePart> parts() {
        return parts;
    }

    SmilePart part(int at) {
        return parts.get(at);
    }

    long heapBytes() {
        return OBJECTS
                + numbers.stream().mapToLong(row -> 20 + 8L * row.length).sum()
                + parts.stream().mapToLong(SmilePart::heapBytes).sum();
    }
}
