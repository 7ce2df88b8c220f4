package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Rewrites a pipeline so that an encoder whose columns only weighted sums read fills one column: the position of
/// the category, whose weight the sums find in a table. The results are the same bits, because the terms of the
/// other categories are zeros.
final class OneHotFusion {

    private final PipelineForm form;
    private final List<List<PipelineStep>> readers = new ArrayList<>();
    private final int[] numbers;
    private final @Nullable Encoder[] encoders;

    /// An encoder that becomes a position.
    ///
    /// @param first the first of its columns
    /// @param width the number of its columns
    private record Encoder(int first, int width) {}

    private OneHotFusion(PipelineForm form) {
        this.form = form;
        this.numbers = new int[form.columns()];
        this.encoders = new Encoder[form.columns()];
        for (int column = 0; column < form.columns(); column++) {
            readers.add(new ArrayList<>());
        }
        form.steps()
                .forEach(step ->
                        step.inputs().forEach(input -> readers.get(input).add(step)));
        form.results().forEach(result -> readers.get(result).add(null));
    }

    /// The pipeline with the same results and without the encoders' columns.
    ///
    /// @param form the pipeline, each of whose steps obeys the rules of its kind
    static PipelineForm of(PipelineForm form) {
        return new OneHotFusion(form).rewritten();
    }

    private PipelineForm rewritten() {
        Arrays.setAll(numbers, column -> column);
        List<PipelineStep> steps = new ArrayList<>();
        int first = form.features();
        int next = first;
        for (PipelineStep step : form.steps()) {
            Encoder encoder = new Encoder(first, step.outputs());
            boolean isPosition = step.kind().equals("one-hot") && isReadBySumsOnly(encoder);
            for (int output = 0; output < step.outputs(); output++) {
                numbers[first + output] = isPosition ? next : next + output;
                encoders[first + output] = isPosition ? encoder : null;
            }
            steps.add(isPosition ? position(step) : step.kind().equals("linear") ? sum(step) : renumbered(step));
            first += step.outputs();
            next += steps.getLast().outputs();
        }
        return new PipelineForm(
                form.features(),
                steps,
                numbers[form.prediction()],
                renumbered(form.probabilities()),
                renumbered(form.raw()));
    }

    private boolean isReadBySumsOnly(Encoder encoder) {
        return readers.subList(encoder.first(), encoder.first() + encoder.width()).stream()
                .flatMap(List::stream)
                .distinct()
                .allMatch(reader -> reader != null && isSum(reader, encoder));
    }

    /// Whether a step sums an encoder's columns one after the other, each once, and at least half of them: the
    /// tables of many small sums would need more memory than the file explains.
    private static boolean isSum(PipelineStep reader, Encoder encoder) {
        if (!reader.kind().equals("linear")
                || reader.has("widths")
                || !Arrays.stream(reader.numbers("weights")).allMatch(Double::isFinite)) {
            return false;
        }
        List<Integer> inputs = reader.inputs();
        List<Integer> places = new ArrayList<>();
        for (int place = 0; place < inputs.size(); place++) {
            int column = inputs.get(place) - encoder.first();
            if (column >= 0 && column < encoder.width()) {
                places.add(place);
            }
        }
        List<Integer> run = inputs.subList(places.getFirst(), places.getLast() + 1);
        return run.size() == places.size()
                && 2 * run.size() >= encoder.width()
                && run.stream().distinct().count() == run.size();
    }

    private PipelineStep position(PipelineStep step) {
        Map<String, double[]> parameters = new TreeMap<>(step.numbers());
        parameters.put("values", step.numbers("columns"));
        return new PipelineStep("lookup", step.name(), renumbered(step.inputs()), 1, parameters, null);
    }

    private PipelineStep sum(PipelineStep step) {
        int columns = step.inputs().size();
        int sums = step.outputs();
        double[] given = step.numbers("weights");
        List<Integer> inputs = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        List<double[]> weights = new ArrayList<>();
        Encoder last = null;
        for (int i = 0; i < columns; i++) {
            int input = step.inputs().get(i);
            Encoder encoder = encoders[input];
            if (encoder == null || encoder != last) {
                inputs.add(numbers[input]);
                widths.add(encoder == null ? 0 : encoder.width());
                weights.addAll(Collections.nCopies(encoder == null ? 1 : encoder.width(), new double[sums]));
            }
            double[] own = new double[sums];
            for (int sum = 0; sum < sums; sum++) {
                own[sum] = given[sum * columns + i];
            }
            int place = weights.size() - (encoder == null ? 1 : encoder.width() - (input - encoder.first()));
            weights.set(place, own);
            last = encoder;
        }
        if (inputs.size() == columns && last == null && widths.stream().allMatch(width -> width == 0)) {
            return renumbered(step);
        }
        double[] table = new double[weights.size() * sums];
        for (int place = 0; place < weights.size(); place++) {
            for (int sum = 0; sum < sums; sum++) {
                table[sum * weights.size() + place] = weights.get(place)[sum];
            }
        }
        Map<String, double[]> parameters = new TreeMap<>(step.numbers());
        parameters.put("weights", table);
        parameters.put("widths", widths.stream().mapToDouble(width -> width).toArray());
        return new PipelineStep("linear", step.name(), inputs, sums, parameters, null);
    }

    private PipelineStep renumbered(PipelineStep step) {
        return new PipelineStep(
                step.kind(),
                step.name(),
                renumbered(step.inputs()),
                step.outputs(),
                step.numbers(),
                step.texts(),
                step.model());
    }

    private List<Integer> renumbered(List<Integer> columns) {
        return columns.stream().map(column -> numbers[column]).toList();
    }
}
