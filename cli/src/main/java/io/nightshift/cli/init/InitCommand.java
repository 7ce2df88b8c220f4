package io.nightshift.cli.init;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.init.FeatureMapping.Column;
import io.nightshift.cli.init.FeatureMapping.Same;
import io.nightshift.cli.init.FeatureMapping.Unlisted;
import io.nightshift.cli.init.FeatureMapping.Unmapped;
import io.nightshift.cli.output.TextTable;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.submission.JobModel;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.MlflowAddress;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `nightshift init`: writes a job file that scores existing data with an existing model.
@Command(
        name = "init",
        description =
                "Writes a job file for your data and your model. It maps the model's features to the data's columns"
                        + " by their names, and reports the features that it can't map.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The job file is written, and it can run.",
            "1:The job file is written, but some features have no column, or no list of their texts. Complete it first.",
            "2:Nothing is written: an option is wrong, or the data or the model can't be used."
        },
        footer = {
            "",
            "Examples:",
            "  nightshift init --data 'customers/*.parquet' --model churn.ubj --id customer_id",
            "  nightshift init --data customers.csv --model churn.ubj",
            "  nightshift init --data postgres:crm/public.customers --model churn@production",
            "  nightshift init --data iceberg:lake/sales.customers --model churn@production",
            "  nightshift init --data customers.parquet --model mlflow:/churn@champion"
        })
public final class InitCommand implements Callable<Integer> {

    private static final int PASSED = 5;

    /// How many texts of a column are printed.
    private static final int SHOWN = 4;

    @Option(
            names = "--data",
            paramLabel = "DATA",
            description =
                    "Files, folders and globs of Parquet, CSV or NDJSON, which their names tell apart; or a table, as postgres:DATA_SOURCE/TABLE, mariadb:DATA_SOURCE/TABLE, iceberg:CATALOG/NAMESPACE.TABLE or delta:FOLDER. csv:, ndjson: or parquet: before a path says what its name does not. Can be repeated. Without it, the command asks on a terminal.")
    private List<String> data = new ArrayList<>();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description =
                    "A model file; a registered model: name, name@version or name@alias; or a model of an MLflow server:"
                            + " mlflow:/name@alias, mlflow:/name/7 or mlflow:/runs/ID/path. Without it, the command"
                            + " asks on a terminal.")
    private @Nullable String model;

    @Option(
            names = "--id",
            paramLabel = "COLUMN",
            description =
                    "The column that identifies a row. Default: a column whose values are distinct, if there is one.")
    private @Nullable String id;

    @Option(
            names = "--destination",
            paramLabel = "PLACE",
            description = "Where the predictions go: a folder for Parquet files, csv:FOLDER, or"
                    + " postgres:DATA_SOURCE/TABLE. Default: predictions, next to the job file.")
    private @Nullable String destination;

    @Option(names = "--name", paramLabel = "NAME", description = "The job's name. Default: the name of the model.")
    private @Nullable String name;

    @Option(names = "--file", paramLabel = "FILE", description = "The job file to write. Default: ${DEFAULT-VALUE}.")
    private Path file = Path.of("job.yaml");

    @Option(names = "--force", description = "Overwrites the job file if it exists.")
    private boolean force;

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final @Nullable Questions questions;

    /// Asks at the terminal, if there is one.
    public InitCommand() {
        this(Questions.atTerminal().orElse(null));
    }

    InitCommand(@Nullable Questions questions) {
        this.questions = questions;
    }

    @Override
    public Integer call() {
        refuseToOverwrite();
        List<String> paths =
                data.isEmpty() ? List.of(asked("--data", "Data (a file, folder, glob or table)", null)) : data;
        Configuration given = configuration.read(home);
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), home.spill(), roots)) {
            Destinations destinations = new Destinations(() -> duckDb, given.dataSources(), roots, objects);
            NewSource source = NewSource.parse(paths, duckDb);
            DataPreview preview = DataPreview.read(duckDb, destinations.sources(), source);
            String reference = model == null ? asked("--model", "Model (a file or a registered model)", null) : model;
            ModelPlaces places =
                    new ModelPlaces(registry(given), MlflowModels.open(given.mlflowOfCommand(), roots, objects));
            ModelDescription description = description(reference, places);
            String chosenId = id(preview, description);
            FeatureMapping mapping = FeatureMapping.of(description, preview, chosenId);
            NewJobFile job = new NewJobFile(
                    name == null ? jobName(reference) : name,
                    isFile(reference) ? path(reference) : reference,
                    source.with(this::path),
                    chosenId,
                    destination(),
                    mapping,
                    passed(preview, mapping, chosenId));
            String text = job.text();
            if (mapping.isComplete()) {
                check(text, given, places, destinations);
            }
            write(text);
            report(preview, reference, description, mapping, chosenId);
            return mapping.isComplete() ? ExitStatus.DONE : ExitStatus.FAILED;
        }
    }

    private void refuseToOverwrite() {
        if (!force && Files.exists(file)) {
            throw FailureException.permanent(
                    "the file %s exists already. Write another one with --file, or overwrite it with --force"
                            .formatted(file));
        }
    }

    private String asked(String option, String question, @Nullable String suggestion) {
        if (questions == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "The option %s is missing; without a terminal, init can't ask".formatted(option));
        }
        String answer = questions.ask(question, suggestion);
        if (answer == null || answer.isBlank()) {
            throw FailureException.permanent("no answer, so nothing is written. Give the option " + option);
        }
        return answer.strip();
    }

    private ModelRegistry registry(Configuration given) {
        return given.registry().open(home.folder(), given.objects().folderIn(home.folder()));
    }

    private static ModelDescription description(String reference, ModelPlaces places) {
        try {
            return JobModel.find(ModelReference.parse(reference), places).description();
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent(
                    "--model: expected a model file, a registered model (name, name@version or name@alias), or a model of an MLflow server (%s), not %s"
                            .formatted(MlflowAddress.EXAMPLES, reference));
        }
    }

    private static boolean isFile(String reference) {
        return ModelReference.isFile(reference);
    }

    private static String jobName(String reference) {
        if (reference.startsWith(MlflowAddress.SCHEME)) {
            return JobModel.FromMlflow.nameOf(reference);
        }
        return isFile(reference) ? JobModel.nameOf(Path.of(reference)) : reference.replaceFirst("@.*", "");
    }

    /// The column that identifies a row: the one given, or else a likely one. A column that is a feature is
    /// proposed only if its name says that it is an ID.
    private @Nullable String id(DataPreview preview, ModelDescription description) {
        if (id != null) {
            return known(preview, id);
        }
        FeatureMapping byName = FeatureMapping.of(description, preview, null);
        Set<String> features = byName.isNamed() ? byName.columns() : Set.of();
        String proposal = preview.ids().stream()
                .filter(column -> !features.contains(column) || DataPreview.isNamedLikeAnId(column))
                .findFirst()
                .orElse(null);
        if (questions == null || !data.isEmpty()) {
            return proposal;
        }
        String answer = questions.ask(
                "Column that identifies a row (none: file and position do)",
                Objects.requireNonNullElse(proposal, "none"));
        return answer == null || answer.strip().equals("none") ? null : known(preview, answer.strip());
    }

    private static String known(DataPreview preview, String column) {
        if (!preview.columns().containsKey(column)) {
            String near = NameSuggestion.closest(column, preview.columns().keySet());
            throw FailureException.permanent("--id: there is no column %s in %s; %s"
                    .formatted(
                            column,
                            preview.name(),
                            near == null
                                    ? "it has "
                                            + String.join(
                                                    ", ", preview.columns().keySet())
                                    : "did you mean " + near + "?"));
        }
        return column;
    }

    private NewDestination destination() {
        if (destination != null) {
            return NewDestination.parse(destination).with(this::path);
        }
        return new NewDestination("parquet", "predictions");
    }

    /// A path of the command line as the job file needs it: relative to the job file's folder, or absolute
    /// as given.
    private String path(String text) {
        Path path = Path.of(text);
        if (path.isAbsolute()) {
            return text;
        }
        Path folder = Objects.requireNonNull(file.toAbsolutePath().normalize().getParent());
        return folder.relativize(path.toAbsolutePath().normalize()).toString();
    }

    private static List<String> passed(DataPreview preview, FeatureMapping mapping, @Nullable String id) {
        Set<String> features = mapping.columns();
        return preview.columns().keySet().stream()
                .filter(column -> !column.equals(id) && !features.contains(column))
                .limit(PASSED)
                .toList();
    }

    /// Checks the new job as `plan` does, before anything is written.
    private void check(String text, Configuration given, ModelPlaces places, Destinations destinations) {
        new SubmissionResolver(
                        places,
                        destinations,
                        1,
                        MemoryBudget.budget(),
                        given.admission().plans(),
                        given.alerts().names())
                .check(JobFile.parse(text.getBytes(StandardCharsets.UTF_8), file, List.of()));
    }

    private void write(String text) {
        OpenOption[] options = force
                ? new OpenOption[] {
                    StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE
                }
                : new OpenOption[] {StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE};
        try {
            Files.writeString(file, text, options);
        } catch (FileAlreadyExistsException e) {
            refuseToOverwrite();
        } catch (IOException e) {
            throw FailureException.permanent("the job file %s can't be written: %s".formatted(file, Folders.reason(e)));
        }
    }

    private void report(
            DataPreview preview,
            String reference,
            ModelDescription description,
            FeatureMapping mapping,
            @Nullable String chosenId) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("Data   %s: %,d rows, %d columns"
                .formatted(preview.name(), preview.rows(), preview.columns().size()));
        out.println("Model  %s: %s, %s, %d features"
                .formatted(
                        reference,
                        description.algorithm(),
                        description.task().name().toLowerCase(Locale.ROOT),
                        description.features().size()));
        out.println("ID     " + idLine(preview, chosenId));
        out.println();
        TextTable table = new TextTable().left("FEATURE").left("COLUMN");
        mapping.features().forEach(feature -> table.row(feature.feature(), found(feature)));
        table.print(out);
        out.println();
        out.println("Wrote %s.".formatted(file));
        String job = ShellCommands.word(file.toString()) + home.option() + configuration.option();
        if (mapping.isComplete()) {
            if (!mapping.isNamed()) {
                out.println(
                        "The model does not name its features. Check under `features` that the columns are in the order of training.");
            }
            out.println("Next: %s plan %s".formatted(ShellCommands.program(), job));
            out.println("      %s run %s".formatted(ShellCommands.program(), job));
        } else {
            List<String> missing = new ArrayList<>();
            int features = mapping.features().size();
            if (!mapping.hasColumns()) {
                missing.add("%d of %d features have no column"
                        .formatted(mapping.unmapped().size(), features));
            }
            if (!mapping.unlisted().isEmpty()) {
                missing.add("%d of %d features need a list under categories: their texts in the order of training"
                        .formatted(mapping.unlisted().size(), features));
            }
            out.println("%s. Complete the job file, then check it with: %s plan %s"
                    .formatted(String.join("; ", missing), ShellCommands.program(), job));
        }
        out.flush();
    }

    private String idLine(DataPreview preview, @Nullable String chosenId) {
        if (chosenId == null) {
            return "none; a row is known by its file and its position";
        }
        if (preview.ids().contains(chosenId)) {
            return "%s (distinct in the first %,d rows)"
                    .formatted(chosenId, Math.min(preview.rows(), DataPreview.EXAMINED));
        }
        return chosenId + " (its values are not distinct in the first rows, or may be NULL)";
    }

    private static String found(FeatureMapping.Mapped feature) {
        return switch (feature) {
            case Same(String name) -> name;
            case Column(String name, String column) -> column;
            case Unlisted unlisted -> "%s: %s".formatted(unlisted.column(), texts(unlisted.found()));
            case Unmapped(String name, String reason, String proposal) ->
                "none: %s%s".formatted(reason, proposal == null ? "" : ". Maybe " + proposal);
        };
    }

    private static String texts(List<String> found) {
        String shown = found.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return "texts%s, for which the model file has only numbers"
                .formatted(found.isEmpty() ? "" : " (" + shown + (found.size() > SHOWN ? ", …)" : ")"));
    }
}
