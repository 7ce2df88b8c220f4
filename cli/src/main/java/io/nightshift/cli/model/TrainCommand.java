package io.nightshift.cli.model;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.train.TrainingReader;
import io.nightshift.cli.train.TrainingRequest;
import io.nightshift.cli.train.TrainingRequest.Target;
import io.nightshift.cli.train.TrainingTable;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.coordinator.registry.RegistrationResult;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.submission.JobModel;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.training.ModelTrainer;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.scoring.training.TrainingException;
import io.nightshift.scoring.training.TrainingOptions;
import io.nightshift.scoring.training.TrainingOptions.Algorithm;
import io.nightshift.source.SourceColumns.Origin;
import io.nightshift.storage.duckdb.DuckDb;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Trains a model and registers it, from rows that are read as a job reads them.
@Command(
        name = "train",
        description = "Trains a model and registers it as the next version of its name.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "The model is a classifier if the target has truth values, texts, or at most "
                    + TrainingReader.MAX_INTEGER_CLASSES + " distinct whole numbers. Otherwise it is a regression.",
            "",
            "Examples:",
            "  nightshift model train --algorithm random-forest --target delayed --data history.parquet",
            "  nightshift model train --algorithm gradient-boosting --target 'delayed=delay > 15' \\",
            "      --data 'history/*.parquet' --select 'hour=hour(date)' --select distance=distance",
            "  nightshift model train --algorithm random-forest --target 'delayed=delay > 15' --job job.yaml"
        })
final class TrainCommand implements Callable<Integer> {

    @Option(
            names = "--algorithm",
            required = true,
            paramLabel = "ALGORITHM",
            description = "The algorithm: random-forest, gradient-boosting, decision-tree or logistic-regression.")
    private String algorithm = "";

    @Option(
            names = "--target",
            required = true,
            paramLabel = "NAME[=SQL]",
            description = "The column to predict, or a name with an SQL expression, such as 'delayed=delay > 15'.")
    private String target = "";

    @Option(names = "--data", paramLabel = "PATH", description = "Parquet files, folders or globs. Can be repeated.")
    private List<String> data = new ArrayList<>();

    @Option(
            names = "--job",
            paramLabel = "JOB.yaml",
            description =
                    "Reads source, select, where and features from a job file, so that training and scoring use the"
                            + " same expressions. --data, --where and --features replace them; --select adds columns.")
    private @Nullable Path job;

    @Option(
            names = "--select",
            paramLabel = "NAME=SQL",
            description = "A computed column, such as 'hour=hour(date)'. Can be repeated.")
    private Map<String, String> select = new LinkedHashMap<>();

    @Option(
            names = "--features",
            split = ",",
            paramLabel = "NAME",
            description = "The columns to predict from, separated by commas. Default: all computed columns or, if there"
                    + " are none, all columns except those of the target.")
    private List<String> features = new ArrayList<>();

    @Option(names = "--where", paramLabel = "SQL", description = "Trains only on rows that meet this condition.")
    private @Nullable String where;

    @Option(
            names = "--sample",
            paramLabel = "ROWS",
            description = "The largest number of rows to read. If there are more rows, --seed draws a sample. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int sample = 200_000;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "The name under which the model is registered. Default: the target's name.")
    private @Nullable String name;

    @ArgGroup(validate = false, heading = "%nHow to train (defaults depend on the algorithm):%n")
    private Tuning tuning = new Tuning();

    @Mixin
    private RegistryAccess access = new RegistryAccess();

    /// Options that replace an algorithm's defaults.
    static final class Tuning {
        @Option(names = "--trees", paramLabel = "N", description = "The number of trees; for boosting, of rounds.")
        private @Nullable Integer trees;

        @Option(
                names = "--depth",
                paramLabel = "N",
                description = "The largest number of splits between the root and a leaf.")
        private @Nullable Integer depth;

        @Option(names = "--nodes", paramLabel = "N", description = "The largest number of leaves of a tree.")
        private @Nullable Integer nodes;

        @Option(names = "--node-size", paramLabel = "ROWS", description = "The smallest number of rows in a leaf.")
        private @Nullable Integer nodeSize;

        @Option(names = "--shrinkage", paramLabel = "RATE", description = "The learning rate of boosting, 0 to 1.")
        private @Nullable Double shrinkage;

        @Option(
                names = "--subsample",
                paramLabel = "SHARE",
                description = "The share of the rows on which each tree is grown.")
        private @Nullable Double subsample;

        @Option(names = "--penalty", paramLabel = "WEIGHT", description = "The L2 penalty of logistic regression.")
        private @Nullable Double penalty;

        @Option(
                names = "--seed",
                paramLabel = "N",
                description = "The seed of the random numbers. The same seed gives the same model. Default: 1.")
        private @Nullable Long seed;

        @Option(
                names = "--holdout",
                paramLabel = "SHARE",
                description = "The share of the rows that is kept out of training to measure the model. Default: 0.2.")
        private @Nullable Double holdout;

        TrainingOptions over(TrainingOptions usual) {
            return new TrainingOptions(
                    usual.algorithm(),
                    Objects.requireNonNullElse(trees, usual.trees()),
                    Objects.requireNonNullElse(depth, usual.depth()),
                    Objects.requireNonNullElse(nodes, usual.nodes()),
                    Objects.requireNonNullElse(nodeSize, usual.nodeSize()),
                    Objects.requireNonNullElse(shrinkage, usual.shrinkage()),
                    Objects.requireNonNullElse(subsample, usual.sample()),
                    Objects.requireNonNullElse(penalty, usual.penalty()),
                    Objects.requireNonNullElse(seed, usual.seed()),
                    Objects.requireNonNullElse(holdout, usual.holdout()));
        }
    }

    @Override
    public Integer call() {
        TrainingOptions options = options();
        ModelTrainer trainer = trainer();
        TrainingRequest request = request(options.seed());
        String registeredName =
                name == null ? JobModel.nameOf(Path.of(request.target().name())) : name;
        ModelRegistry.checkName(registeredName);
        ModelRegistry registry = access.open();
        PrintWriter out = access.out();

        TrainingTable table;
        try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), access.home().spill())) {
            table = TrainingReader.read(duckDb, request, MemoryBudget.freeHeap());
        }
        printRows(out, table);
        long began = System.nanoTime();
        Model model = train(trainer, table, options, origin(request, table));
        double seconds = (System.nanoTime() - began) / 1e9;
        RegistrationResult registered = JobModel.register(
                model, registeredName, () -> new Provenance(table.source(), table.sha256()), registry);
        printModel(out, registered, model.description(), seconds);
        printUse(out, registered, model.description(), request);
        out.flush();
        return ExitStatus.DONE;
    }

    private static ModelTrainer trainer() {
        try {
            return ModelTrainer.find();
        } catch (TrainingException missing) {
            throw new FailureException(Failure.permanent(String.valueOf(missing.getMessage())), missing);
        }
    }

    private static Model train(
            ModelTrainer trainer, TrainingTable table, TrainingOptions options, Map<String, String> origin) {
        try {
            return trainer.train(table.features(), table.target(), options, origin);
        } catch (TrainingException refused) {
            throw new FailureException(Failure.permanent(String.valueOf(refused.getMessage())), refused);
        }
    }

    private TrainingOptions options() {
        try {
            return tuning.over(TrainingOptions.defaults(Algorithm.of(algorithm)));
        } catch (TrainingException refused) {
            throw new FailureException(Failure.permanent(String.valueOf(refused.getMessage())), refused);
        }
    }

    private static ParquetInput files(Input input) {
        if (input instanceof ParquetInput files) {
            return files;
        }
        throw FailureException.permanent("--job: a model is trained on Parquet files, and the job's source is " + input
                + "; name Parquet files with --data");
    }

    private TrainingRequest request(long seed) {
        Path file = job;
        if (file == null && data.isEmpty()) {
            throw new ParameterException(
                    access.commandLine(),
                    "The rows to train on are not given. Name them with --data PATH or --job JOB.yaml");
        }
        Map<String, String> computed = new LinkedHashMap<>();
        ParquetInput files = new ParquetInput(data);
        List<String> chosen = features;
        String condition = where;
        if (file != null) {
            Job read = JobFileOptions.read(file);
            Job.Source source = read.source();
            if (!source.lookups().isEmpty()) {
                throw FailureException.permanent(
                        "--job: a model is trained on files alone, and the job has lookups: source.join; write the joined rows to a file, name it with --data, and leave --job out");
            }
            computed.putAll(source.select());
            files = data.isEmpty() ? files(source.input()) : files;
            chosen = features.isEmpty() ? read.features() : features;
            condition = where == null ? source.where() : where;
        }
        computed.putAll(select);
        return new TrainingRequest(
                new TrainingRequest.Source(
                        files, computed, condition, file == null ? Origin.COMMAND_LINE : Origin.JOB_FILE),
                chosen,
                Target.parse(target),
                sample,
                seed);
    }

    /// The facts about the training that the model keeps.
    private static Map<String, String> origin(TrainingRequest request, TrainingTable table) {
        Map<String, String> facts = new TreeMap<>();
        facts.put("data", String.join(", ", request.source().files().paths()));
        facts.put("data-rows", Long.toString(table.rows()));
        String expression = request.target().expression();
        if (expression != null) {
            facts.put("target-is", expression);
        }
        String condition = request.source().where();
        if (condition != null) {
            facts.put("where", condition);
        }
        for (TrainingColumn feature : table.features()) {
            String computed = request.source().select().get(feature.name());
            if (computed != null) {
                facts.put("select." + feature.name(), computed);
            }
        }
        return facts;
    }

    private static void printRows(PrintWriter out, TrainingTable table) {
        out.println("Training on %,d of %,d rows of %s%s."
                .formatted(
                        table.target().rows(), table.rows(), table.source(), table.isSampled() ? " (a sample)" : ""));
        if (table.withoutTarget() > 0) {
            out.println("  left out   %,d rows without a value of %s"
                    .formatted(table.withoutTarget(), table.target().name()));
        }
        if (table.withoutFeature() > 0) {
            out.println("  left out   %,d rows without a value of a feature".formatted(table.withoutFeature()));
        }
        if (!table.unusable().isEmpty()) {
            out.println("  left out   the columns " + String.join(", ", table.unusable()));
        }
        out.println("  target     " + targetLine(table));
        out.println("  features   "
                + table.features().stream().map(TrainingColumn::name).collect(Collectors.joining(", ")));
        out.flush();
    }

    private static String targetLine(TrainingTable table) {
        String what = switch (table.target()) {
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) ->
                levels.size() <= 20
                        ? "the classes " + String.join(", ", levels)
                        : "%,d classes".formatted(levels.size());
            case TrainingColumn.Numbers numbers -> "a number, so this is a regression";
        };
        return "%s (%s): %s".formatted(table.target().name(), table.targetType(), what);
    }

    private static void printModel(
            PrintWriter out, RegistrationResult registered, ModelDescription description, double seconds) {
        out.println();
        out.println(String.format(
                Locale.ROOT,
                "%s %s in %.1f s.",
                registered.isNew() ? "Registered" : "Trained the same model again:",
                registered.version(),
                seconds));
        Map<String, String> facts = description.facts();
        for (String metric : List.of("accuracy", "auc", "log-loss", "rmse", "r2")) {
            String value = facts.get(metric);
            if (value != null) {
                out.println("  %-10s %s".formatted(metric, value));
            }
        }
        String holdout = facts.getOrDefault("holdout-rows", "0");
        if (!holdout.equals("0")) {
            out.println("  measured on %,d rows that it was not trained on".formatted(Integer.parseInt(holdout)));
        }
    }

    private void printUse(
            PrintWriter out, RegistrationResult registered, ModelDescription description, TrainingRequest request) {
        out.println();
        out.println("Use it in " + (job == null ? "a job file:" : job + ":"));
        out.println();
        out.println("  model: " + registered.version());
        List<String> names = description.features().stream()
                .map(feature -> Objects.requireNonNull(feature.name()))
                .filter(request.source().select()::containsKey)
                .toList();
        if (job == null && !names.isEmpty()) {
            out.println("  source:");
            out.println("    select:");
            names.forEach(feature -> out.println("      %s: %s"
                    .formatted(feature, yaml(request.source().select().get(feature)))));
        }
    }

    private static String yaml(@Nullable String expression) {
        return "'" + Objects.requireNonNullElse(expression, "").replace("'", "''") + "'";
    }
}
