package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import io.nightshift.protocol.job.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The section `output` of a job file: its keys, and the names of the columns that it asks for. Whether the model
/// has the classes and outputs that the section names is checked when the job is bound to its model.
final class OutputKeys {

    private static final int MOST_CLASSES = 1_000;

    static final JobKey KEY = JobKey.optional(
                    "output",
                    new Section(List.of(
                            JobKey.optional(
                                            "columns",
                                            new Texts(Form.OUTPUT_COLUMN, 0, false),
                                            "Columns of the source or keys of `source.select` that are copied to the output. The names of the output's own columns ("
                                                    + Form.OwnColumns.TEXTS
                                                    + ") are not allowed.",
                                            "[carrier, hour]")
                                    .or(List.of())
                                    .inFingerprint(Job.Output.class, Job.Output::columns),
                            JobKey.optional(
                                            "margin",
                                            new Flag(),
                                            "Whether the output contains the model's raw margin: the sum from which the model computes its prediction. Only for models that have one.",
                                            "true")
                                    .or(false)
                                    .inFingerprintUnlessDefault(Job.Output.class, Job.Output::margin),
                            JobKey.optional(
                                            "labels",
                                            new ValueType.Labels(),
                                            "The text that is written for each class of the model.",
                                            "{0: punctual, 1: late}")
                                    .inFingerprintUnlessDefault(Job.Output.class, Job.Output::labels),
                            JobKey.optional(
                                            "top-classes",
                                            new Whole(1, MOST_CLASSES),
                                            "How many of the most probable classes are written, as `class_1`, `score_1`, `class_2`, `score_2` and so on. Equally probable classes are in the model's order.",
                                            "3")
                                    .inFingerprintUnlessDefault(
                                            Job.Output.class,
                                            output -> output.topClasses() == 0 ? null : output.topClasses()),
                            JobKey.optional(
                                            "decisions",
                                            new ValueType.Decisions(),
                                            "Columns that say whether the score reaches a threshold: for each column the threshold, or a map of `threshold`, `class` (the class whose probability is compared), `by` (a column of the source) and `thresholds` (for values of that column).",
                                            "{alert: 0.8, review: {threshold: 0.5, by: carrier, thresholds: {AA: 0.4}}}")
                                    .from(Job.Output.class, OutputKeys::decisions)
                                    .withLines(Job.Output.class, OutputKeys::print),
                            JobKey.optional(
                                            "constants",
                                            new ValueType.Constants(),
                                            "Columns with the same value in all rows: for each column a text, a number, `true` or `false`. A text `{name}` is the value of a parameter, with the parameter's type.",
                                            "{region: north, release: 3}")
                                    .inFingerprintByName(Job.Output.class, OutputKeys::constants),
                            JobKey.optional(
                                            "rename",
                                            new ValueType.NewNames(),
                                            "New names for columns of the output: a map of each present name to the new one.",
                                            "{prediction: delayed}")
                                    .inFingerprintUnlessDefault(Job.Output.class, Job.Output::rename))),
                    "What is written in addition to the prediction, and the names of the columns.",
                    "")
            .from(Job.class, Job::output);

    /// Columns by which Nightshift finds rows again.
    private static final List<String> FIXED = List.of(
            "record_id",
            "record_file",
            "record_row",
            "model_name",
            "model_version",
            "batch_id",
            "batch_partition",
            "predicted_at");

    private static final Pattern OF_MODEL = Pattern.compile("prediction|probability(_[0-9]+)?");
    private static final Pattern MARGIN = Pattern.compile("margin(_[0-9]+)?", Pattern.CASE_INSENSITIVE);

    /// A column that the job names, or that the model gives in any case.
    ///
    /// @param path of the key in the job file that asks for it
    private record Named(String name, int line, String path) {}

    private final Map<String, Object> values;
    private final List<Mistake> mistakes;
    private final List<Named> columns = new ArrayList<>();

    private OutputKeys(Map<String, Object> values, List<Mistake> mistakes) {
        this.values = values;
        this.mistakes = mistakes;
    }

    private static Map<String, Object> decisions(Job.Output output) {
        Map<String, Object> decisions = new LinkedHashMap<>();
        output.decisions()
                .forEach(decision -> decisions.put(decision.name(), ValueType.Decisions.SECTION.values(decision)));
        return decisions;
    }

    private static void print(JobFingerprint print, Job.Output output) {
        for (OutputDecision decision : output.decisions()) {
            String key = "output.decisions." + decision.name();
            print.add(
                    key,
                    List.of(
                            Objects.requireNonNullElse(decision.ofClass(), ""),
                            decision.threshold(),
                            Objects.requireNonNullElse(decision.segment(), "")));
            print.add(JobKey.path(key, "thresholds"), decision.thresholds());
        }
    }

    private static Map<String, Object> constants(Job.Output output) {
        Map<String, Object> constants = new LinkedHashMap<>();
        output.constants()
                .forEach(constant ->
                        constants.put(constant.name(), Map.of(constant.type().text(), constant.value())));
        return constants;
    }

    /// @param values of the section
    static Job.Output of(JobValues values, boolean newSchema) {
        Integer top = values.numberOrNull("top-classes");
        return new Job.Output(
                values.texts("columns"),
                values.flag("margin"),
                values.expressions("labels"),
                top == null ? 0 : top,
                values.list("decisions", OutputDecision.class),
                values.list("constants", OutputConstant.class),
                values.expressions("rename"),
                newSchema,
                null);
    }

    /// Refuses names that are given to two columns, and new names of columns that do not exist.
    ///
    /// @param values of the job file, as far as they are right
    static void check(Mapping root, Map<String, Object> values, List<Mistake> mistakes) {
        Member output = root.entry("output");
        if (output != null && output.value() instanceof Mapping section) {
            new OutputKeys(values, mistakes).check(root, section);
        }
    }

    private void check(Mapping root, Mapping section) {
        addColumns(root, section);
        refuseRepeated(columns);
        Map<String, String> renamed = new LinkedHashMap<>();
        List<Named> written = new ArrayList<>();
        Member rename = section.entry("rename");
        if (rename == null || !(rename.value() instanceof Mapping names)) {
            return;
        }
        for (Member entry : names.entries()) {
            if (entry.value() instanceof Scalar scalar && isColumn(entry)) {
                renamed.put(entry.key(), scalar.text());
                written.add(new Named(scalar.text(), entry.line(), JobKey.path("output.rename", entry.key())));
            }
        }
        columns.stream().filter(column -> !renamed.containsKey(column.name())).forEach(written::addFirst);
        refuseRepeated(written);
    }

    private void addColumns(Mapping root, Mapping section) {
        Member partitions = root.entry("partitions");
        if (partitions != null && values.get("partitions.column") instanceof String column) {
            columns.add(new Named(column, partitions.line(), "partitions.column"));
        }
        Member top = section.entry("top-classes");
        if (top != null && values.get("output.top-classes") instanceof Long classes) {
            for (long k = 1; k <= classes; k++) {
                columns.add(new Named("class_" + k, top.line(), "output.top-classes"));
                columns.add(new Named("score_" + k, top.line(), "output.top-classes"));
            }
        }
        Member passed = section.entry("columns");
        if (passed != null && passed.value() instanceof Sequence sequence) {
            for (YamlValue item : sequence.items()) {
                boolean isPartition = item instanceof Scalar scalar
                        && values.get("partitions.column") instanceof String column
                        && column.equalsIgnoreCase(scalar.text());
                // JobCheck reports what is listed twice, and what is also the partitions' column.
                if (item instanceof Scalar scalar
                        && !isPartition
                        && columns.stream().noneMatch(column -> isListed(column, scalar.text()))) {
                    columns.add(new Named(scalar.text(), item.line(), "output.columns"));
                }
            }
        }
        for (String key : List.of("decisions", "constants")) {
            Member named = section.entry(key);
            if (named != null && named.value() instanceof Mapping map) {
                map.entries()
                        .forEach(entry -> columns.add(new Named(
                                entry.key(),
                                entry.line(),
                                JobKey.path("output." + key, YamlValue.shortened(entry.key())))));
            }
        }
    }

    private static boolean isListed(Named column, String text) {
        return column.path().equals("output.columns") && column.name().equalsIgnoreCase(text);
    }

    private void refuseRepeated(List<Named> all) {
        Map<String, Named> seen = new LinkedHashMap<>();
        for (Named column : all) {
            Named other = seen.putIfAbsent(column.name().toLowerCase(Locale.ROOT), column);
            boolean isMargin = Boolean.TRUE.equals(values.get("output.margin"))
                    && MARGIN.matcher(column.name()).matches();
            // The two entries of a map are reported with the map.
            if (isMargin || (other != null && !isSameMap(column, other))) {
                refuse(
                        column.line(),
                        column.path(),
                        "\"%s\" is also a column of %s"
                                .formatted(
                                        YamlValue.shortened(column.name()),
                                        isMargin || other == null ? "output.margin" : other.path()),
                        "a name of its own",
                        null);
            }
        }
    }

    private static boolean isSameMap(Named column, Named other) {
        int length = "output.".length();
        int end = column.path().indexOf('.', length);
        return end > 0
                && !column.path().startsWith("output.rename")
                && other.path().startsWith(column.path().substring(0, end + 1));
    }

    /// Whether the output has the column that an entry of `rename` renames, as far as that can be said without the
    /// model.
    private boolean isColumn(Member entry) {
        String name = entry.key();
        String path = JobKey.path("output.rename", YamlValue.shortened(name));
        if (FIXED.contains(name)) {
            refuse(
                    entry.line(),
                    path,
                    "a column by which Nightshift finds rows and batches again",
                    "another column than " + String.join(", ", FIXED),
                    null);
            return false;
        }
        boolean isOfModel = OF_MODEL.matcher(name).matches()
                || (MARGIN.matcher(name).matches() && Boolean.TRUE.equals(values.get("output.margin")));
        if (!isOfModel && columns.stream().noneMatch(column -> column.name().equals(name))) {
            List<String> known = new ArrayList<>(List.of("prediction", "probability"));
            columns.forEach(column -> known.add(column.name()));
            refuse(
                    entry.line(),
                    path,
                    "no column of the output",
                    "one of " + String.join(", ", known),
                    Suggestion.nearest(name, known));
            return false;
        }
        return true;
    }

    private void refuse(int line, String path, String found, String expected, @Nullable String suggestion) {
        mistakes.add(new Mistake(line, path, found, expected, suggestion));
    }
}
