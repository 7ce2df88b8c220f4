package io.nightshift.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.check.CheckRequest;
import io.nightshift.cli.check.ModelCheck;
import io.nightshift.cli.check.PredictionCheckResult;
import io.nightshift.cli.check.PredictionCheckResult.DifferingRow;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.TextTable;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.submission.JobModel;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nightshift model check`: tells whether a job's features and predictions equal those of training.
@Command(
        name = "check",
        description =
                "Compares predictions with expected values, for example those of the training program. Scores the rows of a job's source for which a file has an expected value. Rows are matched by the job's source.id or, without one, by their position.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:All compared rows are equal within the tolerance.",
            "1:A row differs, or could not be scored.",
            "2:Nothing was compared: the command, the job or the file is wrong."
        },
        footer = {
            "",
            "Example:",
            "  nightshift model check --job job.yaml --expected sample.parquet --column probability"
        })
final class ModelCheckCommand implements Callable<Integer> {

    @Option(names = "--job", required = true, paramLabel = "JOB.yaml", description = "The job file.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path job;

    @Option(
            names = "--expected",
            required = true,
            paramLabel = "FILE",
            description = "A Parquet file, or a CSV file with a header, that holds the expected values.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path expected;

    @Option(
            names = "--column",
            required = true,
            paramLabel = "NAME[=OUTPUT]",
            description =
                    "The column of the file with the expected values. OUTPUT is the column of the job's output to compare, if it has another name, as in 'p_late=probability'.")
    private String column = "";

    @Option(
            names = "--id",
            paramLabel = "COLUMN",
            description = "The column of the file with the record IDs. Default: the name in source.id.")
    private @Nullable String id;

    @Option(
            names = "--tolerance",
            paramLabel = "NUMBER",
            description = "The largest difference between two numbers that counts as equal. Default: ${DEFAULT-VALUE}.")
    private double tolerance = 1e-6;

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            description =
                    "The largest number of differing rows to show, with their features. Default: ${DEFAULT-VALUE}.")
    private int shown = 5;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private RegistryAccess access = new RegistryAccess();

    @Override
    public Integer call() {
        int equals = column.indexOf('=');
        CheckRequest request = new CheckRequest(
                expected,
                equals < 0 ? column : column.substring(0, equals),
                equals < 0 ? column : column.substring(equals + 1),
                id,
                tolerance,
                shown);
        Job read = JobFileOptions.read(job);
        // All work is done on this thread, since a scoring function finds its attempt by the thread.
        DuckDbLoader duckDb =
                DuckDbLoader.open(MemoryBudget.duckDb(), access.home().spill(), FileRoots.UNRESTRICTED, Runnable::run);
        Configuration given = access.configuration();
        ObjectCopies objects = given.objects().ofCommand(access.home().folder());
        Destinations destinations = new Destinations(duckDb, given.dataSources(), FileRoots.UNRESTRICTED, objects);
        JobModel model = JobModel.find(read.model(), access.places(given, objects));
        PredictionCheckResult result =
                ModelCheck.run(duckDb.get(), destinations, model.complete(read), model.model(), request);
        PrintWriter out = access.out();
        if (output.isForPrograms()) {
            JsonOutput.print(out, json(result));
        } else {
            print(out, request, result);
        }
        out.flush();
        return result.isEqual() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private void print(PrintWriter out, CheckRequest request, PredictionCheckResult result) {
        out.println("Compared %s of %s with %s of the job's predictions."
                .formatted(request.column(), request.expected(), request.prediction()));
        out.println();
        TextTable table = new TextTable().left("").right("");
        table.row("expected rows", "%,d".formatted(result.expected()));
        table.row("not in the source", "%,d".formatted(result.absent()));
        table.row("left out by source.where", "%,d".formatted(result.leftOut()));
        table.row("quarantined", "%,d".formatted(result.quarantined()));
        table.row("compared", "%,d".formatted(result.compared()));
        table.row("tolerance", String.valueOf(request.tolerance()));
        table.row("largest difference", result.largest() == null ? "none" : String.valueOf(result.largest()));
        table.row("rows over tolerance", "%,d".formatted(result.over()));
        table.print(out);
        for (DifferingRow row : result.rows()) {
            out.println();
            out.println("Row %s: expected %s, found %s%s"
                    .formatted(
                            DisplayTexts.value(row.id()),
                            DisplayTexts.value(row.expected()),
                            DisplayTexts.value(row.found()),
                            row.difference() == null ? "" : ", difference " + row.difference()));
            TextTable features = new TextTable().left("").left("");
            row.features().forEach((name, value) -> features.row("  " + name, DisplayTexts.value(value)));
            features.print(out);
        }
        out.println();
        result.causes().forEach(out::println);
        result.reasons().forEach(reason -> out.println("Quarantined: " + reason));
        out.println(sentence(result));
    }

    private static String sentence(PredictionCheckResult result) {
        if (result.isEqual()) {
            return "All compared rows are equal.";
        }
        if (result.compared() == 0) {
            return "No row was compared.";
        }
        if (result.over() == 0) {
            return "All compared rows are equal, but some rows could not be scored.";
        }
        return "%,d of %,d rows differ. Compare the features above with those of training."
                .formatted(result.over(), result.compared());
    }

    private static ObjectNode json(PredictionCheckResult result) {
        ObjectNode json = JsonOutput.object();
        json.put("equal", result.isEqual());
        json.put("expected", result.expected());
        json.put("absent", result.absent());
        json.put("left_out", result.leftOut());
        json.put("quarantined", result.quarantined());
        json.put("compared", result.compared());
        json.put("largest_difference", result.largest());
        json.put("over_tolerance", result.over());
        ArrayNode rows = json.putArray("rows");
        for (DifferingRow row : result.rows()) {
            ObjectNode object = rows.addObject();
            object.put("id", row.id());
            object.put("expected", row.expected());
            object.put("found", row.found());
            object.put("difference", row.difference());
            ObjectNode features = object.putObject("features");
            row.features().forEach(features::put);
        }
        ArrayNode causes = json.putArray("causes");
        result.causes().forEach(causes::add);
        ArrayNode reasons = json.putArray("reasons");
        result.reasons().forEach(reasons::add);
        return json;
    }
}
