package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.SchemaReport;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.RegistryOption;
import io.nightshift.cli.Subcommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobText;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `nightshift schema`: the columns of a job's predictions.
@Command(
        name = "schema",
        description =
                "Shows the columns that a job writes, and compares them with those of its newest published batch.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
@Subcommands({SchemaCommands.Show.class, SchemaCommands.Diff.class})
public final class SchemaCommands {

    private SchemaCommands() {}

    /// The options and the comparison that both commands share.
    abstract static class Comparing implements Callable<Integer> {

        @Mixin
        private JobFileOptions jobFile = new JobFileOptions();

        @Mixin
        private OutputOption output = new OutputOption();

        @Mixin
        private HomeFolder home = new HomeFolder();

        @Mixin
        private ConfigurationOption configuration = new ConfigurationOption();

        @Mixin
        private RegistryOption models = new RegistryOption();

        @Mixin
        private ServerOption server = new ServerOption();

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public Integer call() {
            SchemaReport schema = schema();
            PrintWriter out = spec.commandLine().getOut();
            if (output.isForPrograms()) {
                JsonOutput.print(out, ApiJson.tree(schema));
            } else {
                print(out, schema);
            }
            out.flush();
            return status(schema);
        }

        private SchemaReport schema() {
            if (server.isGiven() && models.isGiven()) {
                throw FailureException.permanent(
                        "the server has a model registry of its own. Leave out --registry, or --server");
            }
            if (server.isGiven()) {
                return schema(server.connect(home));
            }
            Configuration given = configuration.read(home);
            Optional<NightshiftClient> local =
                    given.journal() == null && !models.isGiven() ? server.connectLocally(home) : Optional.empty();
            return local.isPresent() ? schema(local.get()) : schema(given);
        }

        private SchemaReport schema(NightshiftClient connected) {
            try (NightshiftClient client = connected) {
                return ClusterAccess.answer(client.compareSchema(JobText.of(jobFile.read()), Map.of()));
            } catch (NightshiftException e) {
                throw ClusterAccess.told(e);
            }
        }

        private SchemaReport schema(Configuration given) {
            ObjectCopies objects = given.objects().ofCommand(home.folder());
            FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
            try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), home.spill(), roots)) {
                return new SubmissionResolver(
                                new ModelPlaces(
                                        models.open(home, given),
                                        MlflowModels.open(given.mlflowOfCommand(), roots, objects)),
                                new Destinations(() -> duckDb, given.dataSources(), roots, objects),
                                1,
                                MemoryBudget.budget(),
                                given.admission().plans(),
                                given.alerts().names())
                        .compare(jobFile.read());
            }
        }

        abstract void print(PrintWriter out, SchemaReport schema);

        abstract int status(SchemaReport schema);
    }

    @Command(
            name = "show",
            description =
                    "Shows the columns that the next batch of a job writes, their types, and the version of this schema.",
            mixinStandardHelpOptions = true)
    static final class Show extends Comparing {

        @Override
        void print(PrintWriter out, SchemaReport schema) {
            TextTable table = new TextTable().left("COLUMN").left("TYPE");
            schema.columns().forEach(column -> table.row(column.name(), column.type()));
            table.print(out);
            out.println();
            SchemaReport.Published before = schema.published();
            out.println("Version %d%s"
                    .formatted(
                            schema.version(),
                            before == null
                                    ? ", the first."
                                    : "; the newest published batch, %s, has version %d."
                                            .formatted(before.batch(), before.version())));
        }

        @Override
        int status(SchemaReport schema) {
            return ExitStatus.DONE;
        }
    }

    @Command(
            name = "diff",
            description =
                    "Compares the columns that the next batch of a job writes with those of its newest published batch.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {
                "0:No column is removed, and no type is changed.",
                "1:A change breaks readers, so the job needs destination.schema: new.",
                "2:Nothing was compared: the command or the job is wrong."
            })
    static final class Diff extends Comparing {

        @Override
        void print(PrintWriter out, SchemaReport schema) {
            SchemaReport.Published before = schema.published();
            if (before == null) {
                out.println("There is no published batch with a schema to compare with.");
                return;
            }
            if (schema.changes().isEmpty()) {
                out.println("No difference to %s (version %d).".formatted(before.batch(), before.version()));
                return;
            }
            TextTable table =
                    new TextTable().left("COLUMN").left("CHANGE").left("BEFORE").left("AFTER");
            for (SchemaReport.Change change : schema.changes()) {
                table.row(change.column(), change.change(), text(change.before()), text(change.after()));
            }
            table.print(out);
            out.println();
            out.println("Version %d of %s becomes version %d.%s"
                    .formatted(
                            before.version(),
                            before.batch(),
                            schema.version(),
                            schema.compatible()
                                    ? ""
                                    : " This breaks readers, so the job needs destination.schema: new."));
        }

        private static String text(@Nullable String type) {
            return type == null ? "" : type;
        }

        @Override
        int status(SchemaReport schema) {
            return schema.compatible() ? ExitStatus.DONE : ExitStatus.FAILED;
        }
    }
}
