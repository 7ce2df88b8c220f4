package io.nightshift.cli.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.TextTable;
import io.nightshift.destination.TableTrace;
import io.nightshift.destination.TableTrace.Batch;
import io.nightshift.destination.TableTrace.Counts;
import io.nightshift.destination.TableTrace.Others;
import io.nightshift.destination.TableTrace.Part;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.lake.LakeCommit;
import io.nightshift.source.lake.LakeSnapshot;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `nightshift trace`: which batches made the rows that readers of a table find. Reads the table's metadata only.
@Command(
        name = "trace",
        description =
                "Shows what made the rows of a table: the batch, the model, the input and the job, as the table itself says it.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The origin of the rows is shown, as far as the table says it.",
            "2:The command is wrong, the table can't be read, or Nightshift has not written to it."
        })
public final class TraceCommand implements Callable<Integer> {

    @Parameters(
            index = "0",
            paramLabel = "TABLE",
            description =
                    "A table that batches were published to: iceberg:CATALOG/NAMESPACE.TABLE with a catalog of the configuration, or delta:FOLDER.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String table;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SNAPSHOT",
            description =
                    "The ID of a snapshot, a branch or a tag of an Iceberg table, or a version of a Delta table; default: the current one.")
    private @Nullable String snapshot;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        Input input = TracedTable.parse(table, snapshot);
        TableTrace trace = trace(input);
        Counts counts = trace.counts();
        if (!trace.isOurs() && counts.files() > 0) {
            throw FailureException.permanent(
                    "the %s is not a table that Nightshift writes: neither a file of %s nor a commit names a batch. It has %s of other programs"
                            .formatted(input, trace.snapshot().pin(), text(counts)));
        }
        PrintWriter out = spec.commandLine().getOut();
        if (output.isForPrograms()) {
            JsonOutput.print(out, json(input, trace));
        } else {
            print(out, input, trace);
        }
        out.flush();
        return ExitStatus.DONE;
    }

    /// The reader of a source begins its messages with the key of the job file, which the command does not have.
    private TableTrace trace(Input input) {
        Configuration given = configuration.read(home);
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), home.spill(), roots);
                Destinations destinations = new Destinations(() -> duckDb, given.dataSources(), roots, objects)) {
            return TableTrace.of(Objects.requireNonNull(destinations.sources().lake(input)));
        } catch (FailureException e) {
            Failure failure = e.failure();
            throw new FailureException(
                    new Failure(
                            failure.kind(),
                            failure.message().replaceFirst("^source(\\.[a-z-]+)*: ", ""),
                            failure.resource()),
                    e);
        }
    }

    private static void print(PrintWriter out, Input input, TableTrace trace) {
        LakeSnapshot found = trace.snapshot();
        out.println("%s, %s%s: %s"
                .formatted(
                        capitalized(input.toString()),
                        found.pin(),
                        found.made() == null ? "" : " of " + found.made(),
                        text(trace.counts())));
        for (Batch batch : trace.batches()) {
            out.println();
            print(out, batch);
        }
        if (!trace.others().isEmpty()) {
            out.println();
            out.println("Files of other programs");
            TextTable table = new TextTable().left("").left("");
            trace.others().forEach(others -> table.row("  " + text(others.counts()), text(others)));
            table.print(out);
        }
    }

    private static String capitalized(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    private static void print(PrintWriter out, Batch batch) {
        out.println("Batch %s: %s".formatted(batch.id(), text(batch.counts())));
        TextTable table = new TextTable().left("").left("");
        table.row("  job", batch.id().job());
        row(table, "  model", joined(batch.model(), "SHA-256 ", batch.modelDigest()));
        row(table, "  input", input(batch));
        row(table, "  input digest", batch.inputDigest());
        row(table, "  manifest", joined(null, "SHA-256 ", batch.manifest()));
        row(table, "  ledger", joined(null, "head ", batch.ledgerHead()));
        for (Part part : batch.parts()) {
            table.row(
                    part.supplement() == 0 ? "  published" : "  supplement " + part.supplement(),
                    "%s%s: %s"
                            .formatted(
                                    part.at() == null ? "at an unknown time" : part.at(),
                                    part.commit() == null
                                            ? ""
                                            : ", " + part.commit().snapshot(),
                                    text(part.counts())));
        }
        batch.gone().forEach(sentence -> table.row("  gone", sentence));
        table.print(out);
    }

    private static void row(TextTable table, String heading, @Nullable String text) {
        if (text != null) {
            table.row(heading, text);
        }
    }

    private static @Nullable String joined(@Nullable String first, String before, @Nullable String second) {
        return second == null ? first : (first == null ? "" : first + ", ") + before + second;
    }

    /// A batch that has not read the table of a lake has no snapshot.
    private static @Nullable String input(Batch batch) {
        String read = batch.input();
        if (read == null) {
            return null;
        }
        int at = read.lastIndexOf('@');
        List<String> parts = new ArrayList<>();
        if (batch.inputTable() != null) {
            parts.add(batch.inputTable());
        }
        parts.add("snapshot " + read.substring(at + 1));
        if (batch.inputSchema() != null) {
            parts.add("schema " + batch.inputSchema());
        }
        return "%s (ID of the table: %s)".formatted(String.join(", ", parts), read.substring(0, Math.max(0, at)));
    }

    private static String text(Counts counts) {
        String files = counts.files() == 1 ? "1 file" : "%,d files".formatted(counts.files());
        String rows = counts.rows() < 0
                ? " with an unknown number of rows"
                : counts.rows() == 1 ? " with 1 row" : " with %,d rows".formatted(counts.rows());
        String deleted = counts.filesWithDeletes() == 0
                ? ""
                : ", deleted ones in %,d of them".formatted(counts.filesWithDeletes());
        return counts.files() == 0 ? "no files" : files + rows + deleted;
    }

    private static String text(Others others) {
        LakeCommit commit = others.commit();
        String batch = others.batch() == null ? "" : ", with the batch ID " + others.batch();
        return commit == null
                ? "the table does not say any more who added them" + batch
                : "%s by %s at %s in %s%s"
                        .formatted(
                                commit.operation(),
                                commit.program() == null ? "an unnamed program" : commit.program(),
                                commit.at(),
                                commit.snapshot(),
                                batch);
    }

    private static ObjectNode json(Input input, TableTrace trace) {
        LakeSnapshot found = trace.snapshot();
        ObjectNode json = JsonOutput.object();
        json.put("table", input.tableAddress());
        json.put("table_id", found.pin().table());
        json.put("snapshot", found.pin().isEmpty() ? null : found.pin().snapshot());
        json.put("made_at", text(found.made()));
        put(json, trace.counts());
        ArrayNode batches = json.putArray("batches");
        for (Batch batch : trace.batches()) {
            ObjectNode one = batches.addObject();
            one.put("batch", batch.id().value());
            one.put("job", batch.id().job());
            put(one, batch.counts());
            ObjectNode said = one.putObject("provenance");
            batch.properties().forEach(said::put);
            ArrayNode commits = one.putArray("commits");
            for (Part part : batch.parts()) {
                ObjectNode commit = commits.addObject();
                commit.put("supplement", part.supplement());
                commit.put(
                        "snapshot", part.commit() == null ? null : part.commit().snapshot());
                commit.put("published_at", text(part.at()));
                put(commit, part.counts());
            }
            ArrayNode gone = one.putArray("gone");
            batch.gone().forEach(gone::add);
        }
        ArrayNode others = json.putArray("others");
        for (Others each : trace.others()) {
            LakeCommit commit = each.commit();
            ObjectNode one = others.addObject();
            one.put("snapshot", commit == null ? null : commit.snapshot());
            one.put("at", commit == null ? null : text(commit.at()));
            one.put("operation", commit == null ? null : commit.operation());
            one.put("program", commit == null ? null : commit.program());
            one.put("batch", each.batch());
            put(one, each.counts());
        }
        return json;
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }

    private static void put(ObjectNode json, Counts counts) {
        json.put("files", counts.files());
        json.put("rows", counts.rows() < 0 ? null : Long.valueOf(counts.rows()));
        json.put("files_with_deletes", counts.filesWithDeletes());
    }
}
