package io.nightshift.cli.model.sql;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A pipeline in two parts: the first steps as SQL expressions, and a model with the other steps. A job that
/// selects the expressions and scores with the rest gives the scores of the whole pipeline.
///
/// SQL computes a step if it can, and if it computes all columns that the step reads. The steps that give the
/// results stay in the model.
///
/// @param select the expressions by the names of their columns, in the order of the rest's features
/// @param rest the model of the other steps; its features are the columns of `select`, and columns of the source
/// @param computed the steps that are expressions, as a person reads them
/// @param kept the steps of the rest
public record PipelineSql(Map<String, String> select, ModelDefinition rest, List<String> computed, List<String> kept) {

    private static final int MOST_NAME = 60;

    /// @throws FailureException if no step can be computed by SQL, with the names of the steps
    public static PipelineSql of(ModelDefinition model) {
        if (!(model.form() instanceof PipelineForm form)) {
            throw FailureException.permanent(
                    "the model has no steps before it: it is %s and nothing else. Its features are what a job selects"
                            .formatted(model.description().algorithm()));
        }
        if (model.description().features().stream().anyMatch(feature -> feature.name() == null)) {
            throw FailureException.permanent(
                    "the features of the model have no names, so no expression can name them; give their columns with --features");
        }
        return new Split(model.description(), form).split();
    }

    private static final class Split {
        private final ModelDescription description;
        private final PipelineForm form;
        /// For each column of the pipeline, the expression; null if it has none.
        private final @Nullable SqlColumn[] columns;
        private final List<PipelineStep> rest = new ArrayList<>();
        private final List<Integer> firsts = new ArrayList<>();
        private final List<String> computed = new ArrayList<>();
        private final List<String> kept = new ArrayList<>();
        private final Map<Integer, String> names = new HashMap<>();
        private final Map<Integer, @Nullable String> roots = new HashMap<>();
        private final Set<String> taken = new HashSet<>();
        private final Set<Integer> required = new TreeSet<>();

        Split(ModelDescription description, PipelineForm form) {
            this.description = description;
            this.form = form;
            this.columns = new SqlColumn[form.columns()];
            for (int i = 0; i < form.features(); i++) {
                ModelFeature feature = description.features().get(i);
                SqlColumn column = SqlColumn.of(feature);
                if (column != null && column.refuses()) {
                    column = column.required(i);
                    required.add(i);
                }
                columns[i] = column;
                String name = Objects.requireNonNull(feature.name());
                names.put(i, name);
                roots.put(i, name);
                taken.add(name.toLowerCase(Locale.ROOT));
            }
        }

        PipelineSql split() {
            Set<Integer> results = Set.copyOf(form.results());
            int first = form.features();
            for (int i = 0; i < form.steps().size(); i++) {
                PipelineStep step = form.steps().get(i);
                boolean gives = IntStream.range(first, first + step.outputs()).anyMatch(results::contains);
                String called = "%d %s (%s)".formatted(i + 1, step.name(), step.kind());
                if (!gives && express(step, first)) {
                    computed.add(called);
                } else {
                    rest.add(step);
                    firsts.add(first);
                    kept.add(called);
                }
                first += step.outputs();
            }
            if (computed.isEmpty()) {
                throw FailureException.permanent(
                        "SQL can compute none of the model's steps: " + String.join(", ", kept));
            }
            return new PipelineSql(select(), model(), computed, kept);
        }

        /// Whether the columns of a step are expressions now.
        private boolean express(PipelineStep step, int first) {
            List<SqlColumn> inputs = new ArrayList<>();
            for (int input : step.inputs()) {
                SqlColumn column = columns[input];
                if (column == null) {
                    return false;
                }
                inputs.add(column);
            }
            if (step.kind().equals("finite")) {
                return require(step);
            }
            List<SqlColumn> outputs = StepSql.of(step, inputs);
            if (outputs == null) {
                return false;
            }
            for (int i = 0; i < step.outputs(); i++) {
                columns[first + i] = outputs.get(i);
                names.put(first + i, unique(name(step, i)));
                boolean isEach = step.inputs().size() == step.outputs();
                roots.put(first + i, isEach ? root(step.inputs().get(i)) : names.get(first + i));
            }
            return true;
        }

        /// From here on, rows without a value of the columns are refused.
        private boolean require(PipelineStep step) {
            for (int input : step.inputs()) {
                SqlColumn column = Objects.requireNonNull(columns[input]);
                if (!column.refuses()) {
                    columns[input] = column.required(input);
                    required.add(input);
                }
            }
            return true;
        }

        // Names.

        /// The feature from which a column comes and the last step, such as `age_standardscaler`.
        private String name(PipelineStep step, int output) {
            String last = step.name().substring(step.name().lastIndexOf('/') + 1);
            String from = step.inputs().size() == step.outputs()
                    ? root(step.inputs().get(output))
                    : step.inputs().size() == 1 ? root(step.inputs().getFirst()) : null;
            String number = step.inputs().size() == step.outputs() && from != null ? "" : "_" + (output + 1);
            String name = (from == null ? last : from + "_" + last) + number;
            return name.length() <= MOST_NAME ? name : last + "_" + (output + 1);
        }

        private @Nullable String root(int column) {
            return roots.get(column);
        }

        private String unique(String name) {
            String unique = name;
            for (int number = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); number++) {
                unique = name + "_" + number;
            }
            return unique;
        }

        // The rest.

        /// The columns that the rest reads and does not compute.
        private List<Integer> crossing() {
            Set<Integer> own = new HashSet<>();
            for (int i = 0; i < rest.size(); i++) {
                IntStream.range(firsts.get(i), firsts.get(i) + rest.get(i).outputs())
                        .forEach(own::add);
            }
            Set<Integer> read = new TreeSet<>(form.results());
            rest.forEach(step -> read.addAll(step.inputs()));
            read.removeAll(own);
            Set<Integer> shown = new HashSet<>();
            for (int column : read) {
                SqlColumn found = columns[column];
                if (found != null) {
                    shown.addAll(found.required());
                }
            }
            required.stream().filter(column -> !shown.contains(column)).forEach(read::add);
            return List.copyOf(read);
        }

        private Map<String, String> select() {
            Map<String, String> select = new LinkedHashMap<>();
            for (int column : crossing()) {
                if (column >= form.features()) {
                    select.put(
                            name(column),
                            Objects.requireNonNull(columns[column]).sql());
                }
            }
            return select;
        }

        private String name(int column) {
            return Objects.requireNonNull(names.get(column));
        }

        private ModelDefinition model() {
            List<Integer> crossing = crossing();
            Map<Integer, Integer> numbers = new HashMap<>();
            List<ModelFeature> features = new ArrayList<>();
            for (int column : crossing) {
                numbers.put(column, features.size());
                features.add(feature(column));
            }
            int next = features.size();
            List<PipelineStep> steps = new ArrayList<>();
            for (int i = 0; i < rest.size(); i++) {
                PipelineStep step = rest.get(i);
                steps.add(new PipelineStep(
                        step.kind(),
                        step.name(),
                        renumbered(step.inputs(), numbers),
                        step.outputs(),
                        step.numbers(),
                        step.texts(),
                        step.model()));
                for (int output = 0; output < step.outputs(); output++) {
                    numbers.put(firsts.get(i) + output, next++);
                }
            }
            PipelineForm renumbered = new PipelineForm(
                    features.size(),
                    steps,
                    Objects.requireNonNull(numbers.get(form.prediction())),
                    renumbered(form.probabilities(), numbers),
                    renumbered(form.raw(), numbers));
            return new ModelDefinition(
                    new ModelDescription(
                            description.format(),
                            description.algorithm(),
                            description.task(),
                            features,
                            description.classes(),
                            description.facts()),
                    renumbered);
        }

        private ModelFeature feature(int column) {
            SqlColumn found = columns[column];
            if (column >= form.features()) {
                return Objects.requireNonNull(found).feature(name(column));
            }
            ModelFeature feature = description.features().get(column);
            return new ModelFeature(
                    feature.name(), feature.type(), feature.missing() && (found == null || !found.refuses()));
        }

        private static List<Integer> renumbered(Collection<Integer> columns, Map<Integer, Integer> numbers) {
            return columns.stream()
                    .map(column -> Objects.requireNonNull(numbers.get(column)))
                    .toList();
        }
    }
}
