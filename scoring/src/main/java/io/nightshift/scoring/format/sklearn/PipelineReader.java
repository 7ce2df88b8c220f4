package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Reads the steps of an exchange file.
final class PipelineReader {

    private final List<ModelFormat> others;

    /// @param others the formats of forests that may be in a step as files of their own
    PipelineReader(List<ModelFormat> others) {
        this.others = others;
    }

    /// Reads a pipeline.
    ///
    /// @param root the document
    /// @param features the number of features
    /// @param classes the number of classes; 0 for a regression
    PipelineForm read(DocumentReader root, int features, int classes) throws MalformedModelException {
        List<PipelineStep> steps = new ArrayList<>();
        long columns = features;
        for (DocumentReader step : root.elements("steps")) {
            steps.add(step(step));
            columns += steps.getLast().outputs();
            if (columns > PipelineForm.MAX_COLUMNS) {
                throw new MalformedModelException("%s leads to %d columns; supported are %d"
                        .formatted(step.path(), columns, PipelineForm.MAX_COLUMNS));
            }
        }
        DocumentReader results = root.member("results");
        List<Integer> probabilities = integers(results, "probabilities");
        int expected = classes == 2 ? 1 : classes;
        if (probabilities.size() != expected) {
            throw new MalformedModelException(
                    "it has %d columns of probabilities for %d classes".formatted(probabilities.size(), classes));
        }
        return new PipelineForm(
                features, steps, results.count("prediction"), probabilities, integers(results, "margins"));
    }

    private PipelineStep step(DocumentReader step) throws MalformedModelException {
        Map<String, double[]> numbers = new TreeMap<>();
        DocumentReader parameters = step.member("numbers");
        for (String name : parameters.names()) {
            numbers.put(name, parameters.numbers(name));
        }
        Map<String, List<String>> texts = new TreeMap<>();
        if (step.has("texts")) {
            DocumentReader lists = step.member("texts");
            for (String name : lists.names()) {
                texts.put(name, lists.texts(name));
            }
        }
        List<Integer> inputs = integers(step, "in");
        return new PipelineStep(
                step.text("kind"),
                step.text("name"),
                inputs,
                step.count("out"),
                numbers,
                texts,
                step.has("forest") ? forest(step.member("forest"), inputs.size()) : null);
    }

    private Forest forest(DocumentReader forest, int features) throws MalformedModelException {
        if (forest.has("file")) {
            return file(forest);
        }
        List<Precision> precision = Collections.nCopies(features, ExchangeReader.precision(forest));
        return ForestReader.read(forest, precision, ExchangeReader.link(forest.text("link")));
    }

    /// A forest in the file of the library that trained it.
    private Forest file(DocumentReader forest) throws MalformedModelException {
        byte[] content;
        try {
            content = Base64.getDecoder().decode(forest.text("file"));
        } catch (IllegalArgumentException invalid) {
            throw new MalformedModelException(forest.path() + " has a file that is not Base64", invalid);
        }
        for (ModelFormat format : others) {
            if (format.matches(content)) {
                if (format.read(content).form() instanceof Forest found) {
                    return found;
                }
                throw new MalformedModelException(forest.path() + " has a file without a forest");
            }
        }
        throw new MalformedModelException(
                "%s has a file of an unknown format; supported are %s".formatted(forest.path(), names()));
    }

    private String names() {
        return others.stream().map(ModelFormat::name).collect(Collectors.joining(", "));
    }

    private static List<Integer> integers(DocumentReader reader, String name) throws MalformedModelException {
        return Arrays.stream(reader.integers(name)).boxed().toList();
    }
}
