package io.nightshift.cli.model;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.Subcommands;
import io.nightshift.cli.output.TextTable;
import io.nightshift.coordinator.registry.ModelListing;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.RegisteredModel;
import io.nightshift.coordinator.registry.RegistrationResult;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.node.submission.JobModel;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MlflowAddress;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The registry of models.
@Command(
        name = "model",
        description =
                "Registers, lists, shows, checks and trains models, points aliases at them, promotes and rolls back versions, and prints steps as SQL.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
@Subcommands({
    ModelCommands.Import.class,
    ModelCommands.ListModels.class,
    ModelCommands.Show.class,
    ModelCommands.Alias.class,
    ModelPromoteCommand.class,
    ModelRollbackCommand.class,
    ModelHistoryCommand.class,
    ModelCheckCommand.class,
    ModelCompareCommand.class,
    ModelSqlCommand.class,
    TrainCommand.class
})
public final class ModelCommands {

    private ModelCommands() {}

    @Command(
            name = "import",
            description =
                    "Registers a model file as the next version of a model: XGBoost (JSON or UBJSON), LightGBM (text),"
                            + " CatBoost, H2O (MOJO), ONNX, Smile, or a file of tools/export-sklearn.py. Or a copy of a model of an"
                            + " MLflow server.",
            mixinStandardHelpOptions = true)
    static final class Import implements Callable<Integer> {

        @Parameters(
                paramLabel = "FILE",
                description =
                        "The model file, or a model of an MLflow server: mlflow:/name@alias, mlflow:/name/7 or mlflow:/runs/ID/path.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String file;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description =
                        "The model's name. Default: the file's name without its ending, or the name on the server.")
        private @Nullable String name;

        @Mixin
        private RegistryAccess access = new RegistryAccess();

        @Override
        public Integer call() {
            RegistrationResult registered =
                    file.startsWith(MlflowAddress.SCHEME) ? importFromMlflow() : importFile(Path.of(file));
            ModelVersion version = registered.version();
            access.out()
                    .println(
                            registered.isNew()
                                    ? "Registered %s (%s)".formatted(version, version.sha256())
                                    : "Already registered as %s (%s)".formatted(version, version.sha256()));
            access.out().flush();
            return ExitStatus.DONE;
        }

        private RegistrationResult importFile(Path path) {
            String chosen = Objects.requireNonNullElseGet(name, () -> JobModel.nameOf(path));
            return JobModel.read(path).register(chosen, access.open());
        }

        private RegistrationResult importFromMlflow() {
            ModelReference.Mlflow reference;
            try {
                reference = new ModelReference.Mlflow(file, null);
            } catch (IllegalArgumentException e) {
                throw FailureException.permanent(String.valueOf(e.getMessage()));
            }
            Configuration given = access.configuration();
            ModelPlaces places =
                    access.places(given, given.objects().ofCommand(access.home().folder()));
            String chosen = Objects.requireNonNullElseGet(name, () -> JobModel.FromMlflow.nameOf(file));
            return new JobModel.FromMlflow(places.mlflow().load(reference, ModelFiles::load))
                    .register(chosen, places.registry());
        }
    }

    @Command(name = "list", description = "Lists the registered models.", mixinStandardHelpOptions = true)
    static final class ListModels implements Callable<Integer> {

        @Mixin
        private RegistryAccess access = new RegistryAccess();

        @Override
        public Integer call() {
            PrintWriter out = access.out();
            List<ModelListing> registered = access.open().list();
            if (registered.isEmpty()) {
                out.println("No model is registered in %s. Register one with: %s model import FILE%s"
                        .formatted(access.place(), ShellCommands.program(), access.options()));
            } else {
                table(registered).print(out);
            }
            out.flush();
            return ExitStatus.DONE;
        }

        private static TextTable table(List<ModelListing> models) {
            TextTable table = new TextTable()
                    .left("MODEL")
                    .left("ALGORITHM")
                    .left("TASK")
                    .right("FEATURES")
                    .left("REGISTERED")
                    .left("ALIASES");
            for (ModelListing model : models) {
                for (RegisteredModel version : model.versions()) {
                    String aliases = model.aliases().entrySet().stream()
                            .filter(alias ->
                                    alias.getValue() == version.version().version())
                            .map(alias -> alias.getKey())
                            .collect(Collectors.joining(", "));
                    ModelDescription description = version.description();
                    table.row(
                            version.version().toString(),
                            description.algorithm(),
                            description.task().name().toLowerCase(Locale.ROOT),
                            Integer.toString(description.features().size()),
                            version.registeredAt()
                                    .truncatedTo(ChronoUnit.SECONDS)
                                    .toString(),
                            aliases);
                }
            }
            return table;
        }
    }

    @Command(
            name = "show",
            description =
                    "Shows a model's features, classes and properties, the steps of its pipeline, and the file from which it was imported.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {

        /// The number of values of a categorical feature that are shown without `--values`.
        private static final int SHOWN = 8;

        @Parameters(paramLabel = "MODEL", description = "The model: name, name@version or name@alias.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String reference;

        @Option(names = "--values", description = "Shows all categories of each feature.")
        private boolean allValues;

        @Mixin
        private RegistryAccess access = new RegistryAccess();

        @Override
        public Integer call() {
            ModelRegistry registry = access.open();
            RegisteredModel model = registry.describe(registry.resolve(registered(reference)));
            ModelDescription description = model.description();
            PrintWriter out = access.out();
            out.println("model       " + model.version());
            out.println("sha256      " + model.version().sha256());
            out.println("registered  " + model.registeredAt());
            out.println("from        %s (%s, sha256 %s)"
                    .formatted(
                            model.provenance().file(),
                            description.format(),
                            model.provenance().sha256()));
            out.println("size        %,d bytes".formatted(model.size()));
            out.println("algorithm   " + description.algorithm());
            out.println("task        " + description.task().name().toLowerCase(Locale.ROOT));
            if (!description.classes().isEmpty()) {
                out.println("classes     " + String.join(", ", description.classes()));
            }
            description.facts().entrySet().stream()
                    .sorted(java.util.Map.Entry.comparingByKey())
                    .forEach(fact -> out.println("%-11s %s".formatted(fact.getKey(), fact.getValue())));
            out.println("kernel      "
                    + ModelFiles.load(registry.path(model.version())).kernel());
            if (!description.parts().isEmpty()) {
                out.println("pipeline");
                PipelineTree.print(description.parts(), out);
            }
            out.println("features");
            int position = 0;
            for (ModelFeature feature : description.features()) {
                out.println("  %3d  %-24s %s%s"
                        .formatted(
                                position++,
                                Objects.requireNonNullElse(feature.name(), "(not named)"),
                                type(feature.type()),
                                feature.missing() ? ", may be missing" : ""));
            }
            out.flush();
            return ExitStatus.DONE;
        }

        private String type(FeatureType type) {
            return switch (type) {
                case FeatureType.Numeric(FeatureType.Precision precision) ->
                    "number (" + precision.name().toLowerCase(Locale.ROOT) + ")";
                case FeatureType.Nominal(List<String> levels, boolean open) ->
                    "one of %,d levels%s: %s".formatted(levels.size(), open ? ", or another text" : "", listed(levels));
                case FeatureType.Categorical(
                        FeatureType.Precision precision,
                        List<Integer> codes,
                        List<String> names) -> {
                    if (!names.isEmpty()) {
                        yield "one of %,d categories: %s".formatted(names.size(), listed(names));
                    }
                    yield codes.isEmpty()
                            ? "a category by its number; the file does not list the categories"
                            : "a category by its number, one of %,d: %s".formatted(codes.size(), listed(codes));
                }
                case FeatureType.Hashed hashed -> "any text, or a whole number; the file has only hashes of the texts";
                case FeatureType.Text text -> "any text, of which the model reads the words or characters";
            };
        }

        private String listed(List<?> values) {
            String first = values.stream()
                    .limit(allValues ? Long.MAX_VALUE : SHOWN)
                    .map(String::valueOf)
                    .collect(Collectors.joining(", "));
            return allValues || values.size() <= SHOWN ? first : first + ", … (--values shows all)";
        }
    }

    @Command(
            name = "alias",
            description = "Points an alias, such as champion, at a version of a model.",
            mixinStandardHelpOptions = true)
    static final class Alias implements Callable<Integer> {

        @Parameters(index = "0", paramLabel = "MODEL", description = "The model version: name@version.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String reference;

        @Parameters(index = "1", paramLabel = "ALIAS", description = "The alias, such as champion or candidate.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String alias;

        @Mixin
        private RegistryAccess access = new RegistryAccess();

        @Override
        public Integer call() {
            ModelRegistry registry = access.open();
            ModelVersion version = registry.resolve(registered(reference));
            registry.alias(version.name(), alias, version.version(), System.getProperty("user.name"));
            access.out().println("%s@%s is %s".formatted(version.name(), alias, version));
            access.out().flush();
            return ExitStatus.DONE;
        }
    }

    static ModelReference registered(String text) {
        ModelReference reference;
        try {
            reference = ModelReference.parse(text);
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent(String.valueOf(e.getMessage()));
        }
        if (reference instanceof ModelReference.Mlflow) {
            throw FailureException.permanent(
                    "%s is on an MLflow server. Name a registered model, as name, name@version or name@alias, or register a copy with model import"
                            .formatted(text));
        }
        if (reference instanceof ModelReference.File) {
            throw FailureException.permanent(
                    "%s is a file. Name a registered model, as name, name@version or name@alias".formatted(text));
        }
        return reference;
    }
}
