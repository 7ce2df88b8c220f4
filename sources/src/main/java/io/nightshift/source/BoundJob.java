package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.duckdb.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A job's expressions and a model's features, bound to the columns of part of a source: every name is
/// resolved and every type is known. Binding refuses what can't fit. It holds for all parts of the source
/// with these columns.
///
/// @param file the part's name in messages
/// @param columns the part's own columns and their DuckDB types, in order
/// @param id the record id, or null for file and row position
/// @param features the model's inputs, in its order
/// @param output the columns passed through, in the job's order
/// @param where the job's condition, or null
/// @param segments the columns with the segments of decisions, by their names in the job
/// @param shape what is written in addition to the prediction, and how the columns are called
/// @param partition the partition key, or null if the job has none
/// @param checked the checks that count values of columns, in the job's order
public record BoundJob(
        String file,
        Map<String, String> columns,
        @Nullable Bound id,
        List<Feature> features,
        List<Bound> output,
        @Nullable String where,
        List<Bound> segments,
        Job.Output shape,
        @Nullable Bound partition,
        List<CheckedColumn> checked) {

    /// A value of each row.
    ///
    /// @param name in the output or the model
    /// @param sql over the source's columns
    /// @param type DuckDB's name for its type
    public record Bound(String name, String sql, String type) {}

    /// A check that counts values of a column.
    ///
    /// @param feature the position of a feature whose values give the same counts; -1 if there is none
    public record CheckedColumn(BatchCheck check, Bound source, int feature) {}

    /// A model's input and the expression that gives it.
    ///
    /// @param input the name or the expression, as the job or the model has it
    /// @param categories of the feature, or null if it is a number
    public record Feature(
            String input,
            Bound source,
            ModelFeature model,
            @Nullable Categories categories) {

        /// Whether the model reads the text itself.
        public boolean isText() {
            return model.type() instanceof FeatureType.Text;
        }

        /// The name of the feature in messages. A model may have only numbers for its features, but the job's
        /// author knows the columns.
        public String called() {
            return "feature \"%s\"".formatted(model.name() == null ? input : source.name());
        }
    }

    /// The most features that are texts: SQL functions have so many parameters for them.
    public static final int MOST_TEXTS = 8;

    /// Up to this number, a FLOAT holds every whole number.
    private static final double EXACT = 1 << 24;

    private static final Set<String> INTEGERS = Set.of(
            "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT");
    private static final Pattern MARGIN = Pattern.compile("margin(_.*)?", Pattern.CASE_INSENSITIVE);
    /// The most names that a message lists.
    private static final int LISTED = 40;
    private static final Pattern WHOLE = Pattern.compile("-?\\d+");
    private static final Set<String> FRACTIONS = Set.of("FLOAT", "DOUBLE");

    /// The names of a model's features, in its order. A feature without a name is called by its position.
    public static List<String> featureNames(ModelDescription model) {
        return IntStream.range(0, model.features().size())
                .mapToObj(
                        i -> Objects.requireNonNullElse(model.features().get(i).name(), "feature " + i))
                .toList();
    }

    /// The model with the names that its signature gives to its features, if its file has none. Every reader of
    /// names uses this description, so that all of them find the same columns.
    ///
    /// @param job as it was submitted
    public static ModelDescription named(Job job, ModelDescription model) {
        List<String> names = job.signatureFeatures();
        if (model.namesFeatures() || names.size() != model.features().size()) {
            return model;
        }
        return model.withFeatures(IntStream.range(0, names.size())
                .mapToObj(i -> {
                    ModelFeature feature = model.features().get(i);
                    return new ModelFeature(names.get(i), feature.type(), feature.missing());
                })
                .toList());
    }

    /// Whether every value of the type is a finite number or NULL.
    public static boolean isAlwaysFinite(String type) {
        return isInteger(type) || type.equals("BOOLEAN") || type.startsWith("DECIMAL");
    }

    /// Whether the type is one of whole numbers.
    public static boolean isInteger(String type) {
        return INTEGERS.contains(type);
    }

    /// Whether the type is one of texts.
    public static boolean isText(String type) {
        return type.equals("VARCHAR") || type.startsWith("ENUM");
    }

    /// Whether the type is one of numbers, truth values included.
    public static boolean isNumber(String type) {
        return isAlwaysFinite(type) || FRACTIONS.contains(type);
    }

    /// The SQL of the partition value until the cut is known.
    private static final String NO_VALUE = "CAST(NULL AS VARCHAR)";

    /// The same job for the rows of one cut: the output column of the partition value, if there is one, has
    /// the cut's.
    ///
    /// @param cut of these rows, or null
    public BoundJob in(@Nullable Cut cut) {
        if (cut == null || cut.value() == null) {
            return this;
        }
        List<Bound> values = output.stream()
                .map(bound -> bound.sql().equals(NO_VALUE)
                        ? new Bound(bound.name(), Sql.text(cut.value()), bound.type())
                        : bound)
                .toList();
        return new BoundJob(file, columns, id, features, values, where, segments, shape, partition, checked);
    }

    /// Binds a job.
    ///
    /// @param columns of part of the job's source, with the job's computed columns
    /// @throws FailureException naming the part, and the column, feature or expression that doesn't fit
    public static BoundJob bind(SourceColumns columns, Job job, ModelDescription model) throws SQLException {
        return new Binder(columns, job).bind(named(job, model));
    }

    /// All parts of a batch's output have one schema.
    ///
    /// @throws FailureException naming this part of the source, if a column of its output has another type
    ///     than in `other`
    public void refuseOtherOutput(BoundJob other) {
        if (id != null && other.id != null) {
            refuseOtherType("source.id", id, other.id, other.file);
        }
        if (partition != null && other.partition != null) {
            refuseOtherType("partitions.by", partition, other.partition, other.file);
        }
        for (int i = 0; i < output.size(); i++) {
            refuseOtherType("output.columns", output.get(i), other.output.get(i), other.file);
        }
    }

    private void refuseOtherType(String key, Bound bound, Bound other, String otherFile) {
        if (!bound.type().equals(other.type())) {
            throw FailureException.permanent("%s: %s is %s in %s, but %s in %s; convert it under source.select"
                    .formatted(key, bound.name(), bound.type(), file, other.type(), otherFile));
        }
    }

    private static final class Binder {
        private final String file;
        private final Job job;
        private final SourceColumns columns;

        Binder(SourceColumns columns, Job job) {
            this.file = columns.called();
            this.job = job;
            this.columns = columns;
        }

        private static boolean isName(@Nullable Categories categories) {
            return categories != null && categories.byName();
        }

        BoundJob bind(ModelDescription model) throws SQLException {
            List<String> inputs = inputs(model);
            refuseUnknownCategories(model, inputs);
            columns.look(expressions(inputs));
            Job.Source source = job.source();
            String where = source.where();
            if (where != null && !"BOOLEAN".equals(columns.type("source.where", where))) {
                throw Expressions.refusal(
                        "source.where",
                        where,
                        "it is %s, not a condition".formatted(columns.type("source.where", where)));
            }
            String id = source.id();
            Bound boundId = id == null ? null : columns.named("source.id", id, id);
            if (boundId != null) {
                columns.refuseRounded("source.id", boundId);
            }
            List<Bound> output = new ArrayList<>();
            for (String column : job.output().columns()) {
                refuseShadowed(column);
                output.add(columns.named("output.columns", column, column));
            }
            Bound partition = partition();
            PartitionKey key = job.partitions().key();
            if (key != null && key.column() != null) {
                output.add(new Bound(key.column(), NO_VALUE, "VARCHAR"));
            }
            if (job.output().margin()) {
                checkMargin(model);
            }
            OutputCheck.check(job.output(), model);
            List<Bound> segments = new ArrayList<>();
            for (String segment : job.output().segments()) {
                Bound bound = columns.named("output.decisions", segment, segment);
                OutputCheck.segment(bound);
                segments.add(bound);
            }
            List<Feature> features = features(model, inputs);
            refuseChecks(model, features);
            return new BoundJob(
                    file,
                    columns.columns(),
                    boundId,
                    features,
                    List.copyOf(output),
                    where,
                    List.copyOf(segments),
                    job.output(),
                    partition,
                    checked(features));
        }

        private @Nullable Bound partition() throws SQLException {
            PartitionKey key = job.partitions().key();
            if (key == null) {
                return null;
            }
            Bound bound = columns.bound("partitions.by", key.by(), key.by());
            KeyDivision.check(key, bound, columns);
            return bound;
        }

        private List<CheckedColumn> checked(List<Feature> features) throws SQLException {
            List<CheckedColumn> checked = new ArrayList<>();
            for (BatchCheck check : job.checks()) {
                String column = check.column();
                if (check.measure().isOfColumn() && column != null) {
                    int compared = check.measure() == BatchCheck.Measure.PSI ? named(column, features) : -1;
                    if (compared >= 0 && features.get(compared).isText()) {
                        checked.add(new CheckedColumn(
                                check, length(features.get(compared).source()), -1));
                        continue;
                    }
                    Bound bound = compared >= 0
                            ? features.get(compared).source()
                            : columns.named("checks." + check.measure().text(), column, column);
                    if (compared < 0) {
                        refuseNoNumber(check, bound);
                    }
                    checked.add(new CheckedColumn(
                            check, bound, compared >= 0 ? compared : feature(check, bound, features)));
                }
            }
            return List.copyOf(checked);
        }

        /// A text is compared by its number of characters.
        private static Bound length(Bound text) {
            return new Bound(text.name(), "length(CAST(%s AS VARCHAR))".formatted(text.sql()), "BIGINT");
        }

        /// The position of a feature; -1 if there is none of the name.
        private static int named(String name, List<Feature> features) {
            return IntStream.range(0, features.size())
                    .filter(i -> features.get(i).source().name().equals(name))
                    .findFirst()
                    .orElse(-1);
        }

        /// Refuses checks that the model can't pass or fail.
        private void refuseChecks(ModelDescription model, List<Feature> features) {
            List<String> categorical = features.stream()
                    .filter(feature ->
                            feature.categories() != null && feature.categories().areKnown())
                    .map(feature -> feature.source().name())
                    .toList();
            for (BatchCheck check : job.checks()) {
                String feature = check.column();
                if (check.measure() == BatchCheck.Measure.UNSEEN
                        && (feature == null ? categorical.isEmpty() : !categorical.contains(feature))) {
                    throw FailureException.permanent("checks.%s: %s"
                            .formatted(
                                    check.name(),
                                    categorical.isEmpty()
                                            ? "the model has no feature with known categories; remove the check"
                                            : "no feature with known categories has this name; there is "
                                                    + listed(categorical)));
                }
                if (check.measure() == BatchCheck.Measure.PREDICTION_MEAN && model.task() == Task.MULTICLASS) {
                    throw FailureException.permanent(
                            "checks.%s: the model predicts one of %d classes, which have no mean; use prediction.psi"
                                    .formatted(check.name(), model.classes().size()));
                }
            }
        }

        private static int feature(BatchCheck check, Bound bound, List<Feature> features) {
            return IntStream.range(0, features.size())
                    .filter(i -> features.get(i).source().sql().equals(bound.sql())
                            && features.get(i).categories() == null
                            && (check.measure() == BatchCheck.Measure.NULLS || isExact(check, features.get(i))))
                    .findFirst()
                    .orElse(-1);
        }

        /// Whether a feature, rounded to its precision, is outside the range exactly if its column is.
        private static boolean isExact(BatchCheck check, Feature feature) {
            String type = feature.source().type();
            return feature.model().type() instanceof FeatureType.Numeric(FeatureType.Precision precision)
                    && (precision == FeatureType.Precision.FLOAT64
                            || type.equals("FLOAT")
                            || (isInteger(type) && isSmallWhole(check.min()) && isSmallWhole(check.max())));
        }

        private static boolean isSmallWhole(@Nullable Double bound) {
            return bound == null || (bound == Math.rint(bound) && Math.abs(bound) < EXACT);
        }

        private void refuseNoNumber(BatchCheck check, Bound bound) {
            if (check.measure() != BatchCheck.Measure.NULLS && !isNumber(bound.type())) {
                throw FailureException.permanent(
                        "checks.%s: %s is %s, which has no %s; check a number, which you can compute under source.select"
                                .formatted(
                                        check.name(),
                                        bound.name(),
                                        bound.type(),
                                        check.measure() == BatchCheck.Measure.RANGE
                                                ? "range of numbers"
                                                : "distribution of numbers"));
            }
        }

        /// A reader of the job file can't see which of two columns is written, so the job has to say it.
        private void refuseShadowed(String column) {
            String own = columns.shadowed(column);
            if (own != null) {
                throw FailureException.permanent(
                        "output.columns: \"%1$s\" is a key of source.select and also a column of %2$s; give the one that you want a name of its own under source.select, for example %1$s_source: %3$s, and list that name"
                                .formatted(column, file, Sql.name(own)));
            }
        }

        private void checkMargin(ModelDescription model) {
            if (model.margins() == 0) {
                throw FailureException.permanent(
                        "output.margin: the model has no margin: a %s of %s does not predict from a sum on an open scale; leave the key out"
                                .formatted(model.algorithm(), model.format()));
            }
            for (String column : job.output().columns()) {
                if (MARGIN.matcher(column).matches()) {
                    throw FailureException.permanent(
                            "output.columns: with output.margin, %s is a column of the output itself; rename it under source.select"
                                    .formatted(column));
                }
            }
        }

        /// All of the job's expressions, and where each is written.
        private Map<String, String> expressions(List<String> inputs) {
            Map<String, String> keys = new LinkedHashMap<>();
            if (job.source().where() != null) {
                keys.put(job.source().where(), "source.where");
            }
            job.source().select().forEach((name, expression) -> keys.put(expression, "source.select." + name));
            PartitionKey key = job.partitions().key();
            if (key != null && columns.isExpression(key.by())) {
                keys.put(key.by(), "partitions.by");
            }
            if (!job.features().isEmpty()) {
                inputs.stream().filter(columns::isExpression).forEach(input -> keys.put(input, "features"));
            }
            return keys;
        }

        /// The expression of each of the model's features: the job's own list, or the model's names.
        private List<String> inputs(ModelDescription model) {
            List<String> given = job.features();
            if (given.isEmpty() && !model.namesFeatures()) {
                throw FailureException.permanent(
                        "features: the model does not name its %d features; list them here, in the model's order"
                                .formatted(model.features().size()));
            }
            if (!given.isEmpty() && given.size() != model.features().size()) {
                throw FailureException.permanent("features: the job lists %d, the model has %d%s"
                        .formatted(given.size(), model.features().size(), differences(given, model)));
            }
            return given.isEmpty() ? names(model) : given;
        }

        /// Which of the model's features the job does not list, and what else it lists.
        private static String differences(List<String> given, ModelDescription model) {
            if (!model.namesFeatures()) {
                return "; the model does not name its features, so the job lists all of them, in the model's order";
            }
            List<String> missing = new ArrayList<>(names(model));
            List<String> surplus = new ArrayList<>();
            for (String input : given) {
                if (!missing.remove(input)) {
                    surplus.add(input);
                }
            }
            String text = missing.isEmpty() ? "" : ". The job does not list " + listed(missing);
            text += surplus.isEmpty() ? "" : ". The model has no feature named " + listed(surplus);
            return text + ". List one for each feature, in the model's order: " + listed(names(model));
        }

        private static List<String> names(ModelDescription model) {
            return model.features().stream()
                    .map(feature -> Objects.requireNonNull(feature.name()))
                    .toList();
        }

        private static String listed(List<String> names) {
            String more = names.size() > LISTED ? ", and %d more".formatted(names.size() - LISTED) : "";
            return names.stream().limit(LISTED).collect(Collectors.joining(", ")) + more;
        }

        private List<Feature> features(ModelDescription model, List<String> inputs) throws SQLException {
            if (job.features().isEmpty()) {
                columns.requireAll("the model's features", inputs);
            }
            List<String> names = featureNames(model);
            List<Feature> features = new ArrayList<>();
            List<Misfit> misfits = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                ModelFeature feature = model.features().get(i);
                String name = names.get(i);
                String input = inputs.get(i);
                Bound bound = job.features().isEmpty()
                        ? columns.named("the model's feature", name, input)
                        : columns.bound("features", name, input);
                String key = feature.name() == null ? input : feature.name();
                Categories categories = categories(key, feature, bound.type());
                if (!fits(bound.type(), feature, categories)) {
                    misfits.add(new Misfit(key, input, bound, feature));
                }
                features.add(new Feature(input, bound, feature, categories));
            }
            long texts = features.stream().filter(Feature::isText).count();
            if (texts > MOST_TEXTS) {
                throw FailureException.permanent(
                        "the model has %d features that are texts; supported are %d".formatted(texts, MOST_TEXTS));
            }
            if (!misfits.isEmpty()) {
                throw FailureException.permanent("%s: %s".formatted(file, refusal(misfits)));
            }
            return List.copyOf(features);
        }

        /// The categories that the model or the job lists, or null if the feature is a number.
        private @Nullable Categories categories(String key, ModelFeature feature, String type) {
            Categories.Unseen unseen = Categories.unseen(job.source().unseen(), feature);
            List<String> given = job.categoriesOf(key);
            return switch (feature.type()) {
                case FeatureType.Nominal(List<String> levels, boolean open) -> {
                    refuseOther(key, given, levels);
                    yield named(levels, true, unseen);
                }
                case FeatureType.Categorical(
                        FeatureType.Precision precision,
                        List<Integer> codes,
                        List<String> names) -> {
                    refuseOther(key, given, names);
                    List<String> known = given == null ? names : given;
                    yield known.isEmpty()
                            ? new Categories(List.of(), codes, false, unseen)
                            : named(known, isName(type, known), unseen);
                }
                case FeatureType.Numeric numeric -> given == null ? null : named(given, isName(type, given), unseen);
                case FeatureType.Hashed hashed -> {
                    refuseList(key, given, "knows the texts of its training by their hashes");
                    yield null;
                }
                case FeatureType.Text text -> {
                    refuseList(key, given, "reads the words or characters");
                    yield null;
                }
            };
        }

        private static void refuseList(String key, @Nullable List<String> given, String work) {
            if (given != null) {
                throw FailureException.permanent(
                        "categories.%s: the model takes any text and %s; leave the key out".formatted(key, work));
            }
        }

        private static Categories named(List<String> names, boolean byName, Categories.Unseen unseen) {
            return new Categories(
                    names, IntStream.range(0, names.size()).boxed().toList(), byName, unseen);
        }

        /// Whether values of a type name categories: texts do, and so do numbers where all categories are
        /// numbers.
        private static boolean isName(String type, List<String> names) {
            return isText(type)
                    || (type.equals("BOOLEAN") && Set.of("true", "false").containsAll(names))
                    || (isNumber(type)
                            && !type.equals("BOOLEAN")
                            && names.stream()
                                    .allMatch(name -> WHOLE.matcher(name).matches()));
        }

        private static void refuseOther(String key, @Nullable List<String> given, List<String> known) {
            if (given != null && !known.isEmpty() && !given.equals(known)) {
                throw FailureException.permanent(
                        "categories.%s: the model has the categories %s; leave the key out, or list these in this order"
                                .formatted(key, listed(known)));
            }
        }

        /// Refuses categories that the job lists for something that is no feature.
        private void refuseUnknownCategories(ModelDescription model, List<String> inputs) {
            List<String> known = model.namesFeatures() ? names(model) : inputs;
            for (Job.CategoryList list : job.categories()) {
                String key = list.feature();
                if (!known.contains(key)) {
                    String nearest = NameSuggestion.closest(key, known);
                    throw FailureException.permanent("categories: the model has no feature \"%s\"; %s"
                            .formatted(
                                    key,
                                    nearest == null ? "it has " + listed(known) : "did you mean \"" + nearest + "\"?"));
                }
            }
        }

        private static boolean fits(String type, ModelFeature feature, @Nullable Categories categories) {
            return switch (feature.type()) {
                case FeatureType.Nominal nominal -> isAlwaysFinite(type) || isText(type);
                case FeatureType.Categorical categorical -> isNumber(type) || isName(categories);
                case FeatureType.Numeric numeric -> isNumber(type) || isName(categories);
                case FeatureType.Hashed hashed -> isInteger(type) || isText(type);
                case FeatureType.Text text -> isText(type);
            };
        }

        /// A feature whose values have a type that the model can't take.
        ///
        /// @param key the feature's key under `categories`
        private record Misfit(String key, String input, Bound bound, ModelFeature feature) {

            /// Whether only a list of the categories is missing.
            boolean lacksCategories() {
                return feature.type() instanceof FeatureType.Categorical && isText(bound.type());
            }

            String text() {
                String wanted = switch (feature.type()) {
                    case FeatureType.Numeric numeric -> "a number";
                    case FeatureType.Nominal nominal -> "a level";
                    case FeatureType.Categorical categorical -> "a category";
                    case FeatureType.Hashed hashed -> "a text or a whole number";
                    case FeatureType.Text text -> "a text";
                };
                return "%s is %s, but the model's feature \"%s\" wants %s; convert it under source.select%s"
                        .formatted(
                                input,
                                bound.type(),
                                bound.name(),
                                wanted,
                                isText(bound.type())
                                        ? ", or list the texts that stand for numbers under categories"
                                        : "");
            }
        }

        /// All mistakes in the features, so that one run reports all of them.
        private static String refusal(List<Misfit> misfits) {
            List<Misfit> unlisted =
                    misfits.stream().filter(Misfit::lacksCategories).toList();
            List<String> texts = new ArrayList<>();
            if (!unlisted.isEmpty()) {
                boolean isOne = unlisted.size() == 1;
                texts.add(
                        "%s %s, but the model file has only the numbers of the categories of %s; list the categories in the order of these numbers, from 0: categories: {%s}"
                                .formatted(
                                        listed(unlisted.stream()
                                                .map(Misfit::input)
                                                .toList()),
                                        isOne
                                                ? "is "
                                                        + unlisted.getFirst()
                                                                .bound()
                                                                .type()
                                                : "are texts",
                                        isOne
                                                ? "\""
                                                        + unlisted.getFirst()
                                                                .bound()
                                                                .name() + "\""
                                                : "these features",
                                        unlisted.stream()
                                                .limit(LISTED)
                                                .map(misfit -> misfit.key() + ": [...]")
                                                .collect(Collectors.joining(", "))));
            }
            misfits.stream()
                    .filter(misfit -> !misfit.lacksCategories())
                    .limit(LISTED)
                    .map(Misfit::text)
                    .forEach(texts::add);
            return String.join(". ", texts);
        }
    }
}
