package io.nightshift.worker.model;

import java.util.List;

/// A part of a model of Smile's that is kept as it is: what it is, its numbers, and the parts it is made of.
/// Data only: Smile's objects are made of it by their constructors.
final class SmilePart {

    /// More than any supported model nests.
    static final int MAX_DEPTH = 4;

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

    List<SmilePart> parts() {
        return parts;
    }

    SmilePart part(int at) {
        return parts.get(at);
    }

    long heapBytes() {
        return numbers.stream().mapToLong(row -> 16 + 8L * row.length).sum()
                + parts.stream().mapToLong(SmilePart::heapBytes).sum();
    }
}
