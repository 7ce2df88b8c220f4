package io.nightshift.scoring.form;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A pipeline: steps over numbered columns. The features are the first columns; each step reads earlier columns
/// and appends columns.
///
/// @param features the number of input columns
/// @param steps the steps, in the order in which they are computed
/// @param prediction the column with the prediction: the value, or the position of the predicted class
/// @param probabilities the columns with the probabilities: none for a regression, that of the positive class for
///     two classes, one for each class for more
/// @param raw the columns with the raw margins
public record PipelineForm(
        int features, List<PipelineStep> steps, int prediction, List<Integer> probabilities, List<Integer> raw)
        implements ModelForm {

    /// The most columns of a pipeline: one block of all of them fits into memory.
    public static final int MAX_COLUMNS = 1 << 17;

    /// The most steps that read texts: each has tables of characters.
    public static final int MAX_TEXT_STEPS = 128;

    /// @throws IllegalArgumentException if a step reads a column that is none of the earlier ones, or there are
    ///     too many columns
    public PipelineForm {
        steps = List.copyOf(steps);
        probabilities = List.copyOf(probabilities);
        raw = List.copyOf(raw);
        if (features < 1) {
            throw new IllegalArgumentException("a pipeline has features");
        }
        long columns = features;
        for (PipelineStep step : steps) {
            for (int input : step.inputs()) {
                if (input < 0 || input >= columns) {
                    throw new IllegalArgumentException(
                            "%s reads column %d of %d".formatted(step.called(), input, columns));
                }
            }
            columns += step.outputs();
            if (step.outputs() < 0 || columns > MAX_COLUMNS) {
                throw new IllegalArgumentException(
                        "%s leads to %d columns; supported are %d".formatted(step.called(), columns, MAX_COLUMNS));
            }
        }
        for (int result : results(prediction, probabilities, raw)) {
            if (result < 0 || result >= columns) {
                throw new IllegalArgumentException("a result is column %d of %d".formatted(result, columns));
            }
        }
        requireTexts(features, steps, results(prediction, probabilities, raw));
        if (!probabilities.isEmpty() && !isClass(features, steps, prediction, probabilities.size())) {
            throw new IllegalArgumentException("the predicted class is none of the model's classes");
        }
    }

    /// Whether a column has the position of a class by the kind of its step, so that it is always one of them.
    private static boolean isClass(int features, List<PipelineStep> steps, int column, int probabilities) {
        int classes = Math.max(2, probabilities);
        int first = features;
        for (PipelineStep step : steps) {
            if (column >= first && column < first + step.outputs()) {
                ModelForm model = step.model();
                return switch (step.kind()) {
                    case "argmax" -> step.inputs().size() == classes;
                    case "threshold" -> classes == 2;
                    default -> model != null && column == first && model.outputs() == 1 + probabilities;
                };
            }
            first += step.outputs();
        }
        return false;
    }

    /// The columns that a scorer returns: the prediction, the probabilities, the raw margins.
    public List<Integer> results() {
        return results(prediction, probabilities, raw);
    }

    private static List<Integer> results(int prediction, List<Integer> probabilities, List<Integer> raw) {
        return Stream.of(List.of(prediction), probabilities, raw)
                .flatMap(List::stream)
                .toList();
    }

    /// The features that are texts: those that a step for texts reads.
    Set<Integer> texts() {
        return steps.stream()
                .filter(PipelineStep::readsTexts)
                .flatMap(step -> step.inputs().stream())
                .collect(Collectors.toSet());
    }

    /// Refuses columns of texts that are no features, or that a step reads as numbers.
    private static void requireTexts(int features, List<PipelineStep> steps, List<Integer> results) {
        Set<Integer> texts = new HashSet<>();
        steps.stream().filter(PipelineStep::readsTexts).forEach(step -> texts.addAll(step.inputs()));
        if (texts.isEmpty()) {
            return;
        }
        long readers = steps.stream().filter(PipelineStep::readsTexts).count();
        if (readers > MAX_TEXT_STEPS) {
            throw new IllegalArgumentException(
                    "%d steps read texts; supported are %d".formatted(readers, MAX_TEXT_STEPS));
        }
        for (PipelineStep step : steps) {
            for (int input : step.inputs()) {
                if (step.readsTexts() ? input >= features : texts.contains(input)) {
                    throw new IllegalArgumentException(step.called()
                            + (step.readsTexts()
                                    ? " reads texts from a column of numbers"
                                    : " reads texts as numbers"));
                }
            }
        }
        if (results.stream().anyMatch(texts::contains)) {
            throw new IllegalArgumentException("a result is a column of texts");
        }
    }

    /// The number of columns, the features included.
    public int columns() {
        return features + steps.stream().mapToInt(PipelineStep::outputs).sum();
    }

    @Override
    public int outputs() {
        return 1 + probabilities.size();
    }

    @Override
    public int margins() {
        return raw.size();
    }

    @Override
    public long heapBytes() {
        return 200 + steps.stream().mapToLong(PipelineStep::heapBytes).sum();
    }
}
