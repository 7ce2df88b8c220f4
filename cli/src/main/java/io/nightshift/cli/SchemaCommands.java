package io.nightshift.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.TextTable;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.submission.SchemaComparison;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.destination.PublishedSchema;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.io.PrintWriter;
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
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {SchemaCommands.Show.class, SchemaCommands.Diff.class})
final class SchemaCommands {

    private SchemaCommands() {}

    /// What both commands need.
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

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public Integer call() {
            Configuration given = configuration.read(home);
            ObjectCopies objects = given.objects().ofCommand(home.folder());
            FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
            try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(1), home.spill(), roots)) {
                SchemaComparison schema = new SubmissionResolver(
                                models.open(home, given),
                                new Destinations(() -> duckDb, given.dataSources(), roots, objects),
                                1,
                                MemoryBudget.budget(),
                                given.admission().plans(),
                                given.alerts().names())
                        .compare(jobFile.read());
                PrintWriter out = spec.commandLine().getOut();
                if (output.isForPrograms()) {
                    JsonOutput.print(out, json(schema));
                } else {
                    print(out, schema);
                }
                out.flush();
                return status(schema);
            }
        }

        abstract ObjectNode json(SchemaComparison schema);

        abstract void print(PrintWriter out, SchemaComparison schema);

        abstract int status(SchemaComparison schema);
    }

    private static ObjectNode published(SchemaComparison schema) {
        ObjectNode json = JsonOutput.object();
        PublishedSchema before = schema.before();
        json.put("version", schema.after().version());
        if (before != null) {
            json.putObject("published")
                    .put("batch", before.batch().value())
                    .put("version", before.schema().version());
        }
        return json;
    }

    @Command(
            name = "show",
            description =
                    "Shows the columns that the next batch of a job writes, their types, and the version of this schema.",
            mixinStandardHelpOptions = true)
    static final class Show extends Comparing {

        @Override
        ObjectNode json(SchemaComparison schema) {
            ObjectNode json = published(schema);
            ArrayNode columns = json.putArray("columns");
            for (OutputSchema.Column column : schema.after().columns()) {
                columns.addObject().put("name", column.name()).put("type", column.type());
            }
            return json;
        }

        @Override
        void print(PrintWriter out, SchemaComparison schema) {
            TextTable table = new TextTable().left("COLUMN").left("TYPE");
            schema.after().columns().forEach(column -> table.row(column.name(), column.type()));
            table.print(out);
            out.println();
            PublishedSchema before = schema.before();
            out.println("Version %d%s"
                    .formatted(
                            schema.after().version(),
                            before == null
                                    ? ", the first."
                                    : "; the newest published batch, %s, has version %d."
                                            .formatted(
                                                    before.batch(),
                                                    before.schema().version())));
        }

        @Override
        int status(SchemaComparison schema) {
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
        ObjectNode json(SchemaComparison schema) {
            ObjectNode json = published(schema);
            json.put("compatible", !schema.isBreaking());
            ArrayNode changes = json.putArray("changes");
            for (OutputSchema.Change change : schema.changes()) {
                changes.addObject()
                        .put("column", change.column())
                        .put("change", kind(change))
                        .put("before", change.before())
                        .put("after", change.after());
            }
            return json;
        }

        private static String kind(OutputSchema.Change change) {
            return change.before() == null ? "added" : change.after() == null ? "removed" : "retyped";
        }

        @Override
        void print(PrintWriter out, SchemaComparison schema) {
            PublishedSchema before = schema.before();
            if (before == null) {
                out.println("There is no published batch with a schema to compare with.");
                return;
            }
            if (schema.changes().isEmpty()) {
                out.println("No difference to %s (version %d)."
                        .formatted(before.batch(), before.schema().version()));
                return;
            }
            TextTable table =
                    new TextTable().left("COLUMN").left("CHANGE").left("BEFORE").left("AFTER");
            for (OutputSchema.Change change : schema.changes()) {
                table.row(change.column(), kind(change), text(change.before()), text(change.after()));
            }
            table.print(out);
            out.println();
            out.println("Version %d of %s becomes version %d.%s"
                    .formatted(
                            before.schema().version(),
                            before.batch(),
                            schema.after().version(),
                            schema.isBreaking()
                                    ? " This breaks readers, so the job needs destination.schema: new."
                                    : ""));
        }

        private static String text(@Nullable String type) {
            return type == null ? "" : type;
        }

        @Override
        int status(SchemaComparison schema) {
            return schema.isBreaking() ? ExitStatus.FAILED : ExitStatus.DONE;
        }
    }
}
