package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob.Bound;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/// Refuses an output that a model can't give: classes that it does not have, and thresholds that no probability
/// reaches.
final class OutputCheck {

    private final Job.Output output;
    private final ModelDescription model;

    private OutputCheck(Job.Output output, ModelDescription model) {
        this.output = output;
        this.model = model;
    }

    /// @throws FailureException naming the key and what is wrong
    static void check(Job.Output output, ModelDescription model) {
        OutputCheck check = new OutputCheck(output, model);
        check.labels();
        check.topClasses();
        output.decisions().forEach(check::decision);
        List<String> columns =
                ModelColumn.of(output, model).stream().map(ModelColumn::name).toList();
        for (String name : output.rename().keySet()) {
            boolean isJobs = output.columns().contains(name)
                    || output.decisions().stream()
                            .anyMatch(decision -> decision.name().equals(name))
                    || output.constants().stream()
                            .anyMatch(constant -> constant.name().equals(name));
            // The only other name that a job file may rename is that of the partition value.
            if (!isJobs && !columns.contains(name) && name.matches("(probability|margin|prediction)(_[0-9]+)?")) {
                throw unknown("output.rename", "the output has no column", name, columns);
            }
        }
    }

    private void labels() {
        if (output.labels().isEmpty()) {
            return;
        }
        requireClasses("output.labels");
        for (String label : output.labels().keySet()) {
            requireClass("output.labels", label);
        }
        List<String> missing = model.classes().stream()
                .filter(name -> !output.labels().containsKey(name))
                .toList();
        if (!missing.isEmpty()) {
            throw FailureException.permanent("output.labels: no text for the class %s; give one for each class: %s"
                    .formatted(missing.getFirst(), String.join(", ", model.classes())));
        }
    }

    private void topClasses() {
        if (output.topClasses() == 0) {
            return;
        }
        requireClasses("output.top-classes");
        if (output.topClasses() > model.classes().size()) {
            throw FailureException.permanent("output.top-classes: %d, but the model has %d classes"
                    .formatted(output.topClasses(), model.classes().size()));
        }
    }

    private void decision(OutputDecision decision) {
        String key = "output.decisions." + decision.name();
        if (decision.ofClass() != null) {
            requireClasses(key + ".class");
            requireClass(key + ".class", decision.ofClass());
        } else if (model.task() == Task.MULTICLASS) {
            throw FailureException.permanent(
                    "%s: the model has %d classes; name the one whose probability is compared: class: %s"
                            .formatted(
                                    key, model.classes().size(), model.classes().getLast()));
        }
        if (model.task() != Task.REGRESSION) {
            requireProbability(key, decision.threshold());
            decision.thresholds()
                    .forEach((segment, threshold) -> requireProbability(key + ".thresholds." + segment, threshold));
        }
    }

    private static void requireProbability(String key, double threshold) {
        if (threshold < 0 || threshold > 1) {
            throw FailureException.permanent(
                    "%s: the threshold %s; a probability is from 0 to 1".formatted(key, threshold));
        }
    }

    private void requireClasses(String key) {
        if (model.task() == Task.REGRESSION) {
            throw FailureException.permanent(
                    "%s: the model predicts a number, and has no classes; leave the key out".formatted(key));
        }
    }

    private void requireClass(String key, String name) {
        if (!model.classes().contains(name)) {
            throw unknown(key, "the model has no class", name, model.classes());
        }
    }

    private static FailureException unknown(String key, String problem, String name, Collection<String> known) {
        String near = NameSuggestion.closest(name, known);
        return FailureException.permanent("%s: %s \"%s\"; %s"
                .formatted(
                        key,
                        problem,
                        name,
                        near == null ? "there is " + String.join(", ", known) : "did you mean \"" + near + "\"?"));
    }

    /// Refuses a segment whose values have no one text.
    static void segment(Bound bound) {
        String type = bound.type();
        boolean hasText = BoundJob.isText(type)
                || BoundJob.isInteger(type)
                || Set.of("BOOLEAN", "DATE").contains(type);
        if (!hasText) {
            throw FailureException.permanent(
                    "output.decisions: %s is %s; a segment is a text, a whole number, a boolean or a date, which you can compute under source.select"
                            .formatted(bound.name(), type));
        }
    }
}
