package io.nightshift.cli.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.check.ComparedModels;
import io.nightshift.cli.check.TwoModelScoring;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.DistributionJson;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.TextTable;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.submission.JobModel;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.comparison.OutputDifference.Distribution;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nightshift model compare`: what would change if another version scored a job's rows.
@Command(
        name = "compare",
        description =
                "Scores the same rows of a job's source with two models and compares the predictions. Reads the source once and publishes nothing.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The differences are shown, if there are any.",
            "2:Nothing was compared: the command, the job or a model is wrong."
        },
        footer = {"", "Example:", "  nightshift model compare churn@champion churn@candidate --job churn.yaml"})
final class ModelCompareCommand implements Callable<Integer> {

    private static final int MOST = 1_000;

    @Parameters(index = "0", paramLabel = "CHAMPION", description = "The model to compare with, as in a job file.")
    private String champion = "";

    @Parameters(index = "1", paramLabel = "CANDIDATE", description = "The other model.")
    private String candidate = "";

    @Option(names = "--job", required = true, paramLabel = "JOB.yaml", description = "The job file.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the job file, such as partitions.rows=1000. Can be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(
            names = "--param",
            paramLabel = "NAME=VALUE",
            description = "The value of a parameter of the job, such as day=2026-11-25. Can be repeated.")
    private Map<String, String> parameters = new LinkedHashMap<>();

    @Option(
            names = "--sample",
            paramLabel = "ROWS",
            defaultValue = "100000",
            description =
                    "The number of rows to read, from places that are spread evenly over the source (default: ${DEFAULT-VALUE}).")
    private long sample;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "0",
            description = "Numbers that differ by no more than this are the same (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "The number of records to list, with their features, those that differ most first, 0 to 1000 (default: ${DEFAULT-VALUE}).")
    private int shown;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private RegistryAccess access = new RegistryAccess();

    @Override
    public Integer call() {
        if (sample < 1) {
            throw FailureException.permanent("--sample must be 1 or more, not " + sample);
        }
        if (shown < 0 || shown > MOST) {
            throw FailureException.permanent("--rows must be 0 to %d, not %d".formatted(MOST, shown));
        }
        if (!(tolerance >= 0 && Double.isFinite(tolerance))) {
            throw FailureException.permanent("--tolerance must be a number of at least 0, not " + tolerance);
        }
        Job job = JobFileOptions.read(file, overrides, parameters);
        Configuration given = access.configuration();
        ObjectCopies objects = given.objects().ofCommand(access.home().folder());
        ModelPlaces places = access.places(given, objects);
        Path own = objects.folder().parent();
        // All work is done on this thread, since a scoring function finds its attempt by the thread.
        DuckDbLoader duckDb =
                DuckDbLoader.open(MemoryBudget.duckDb(), access.home().spill(), FileRoots.UNRESTRICTED, Runnable::run);
        Destinations destinations = new Destinations(duckDb, given.dataSources(), FileRoots.UNRESTRICTED, objects);
        ComparedModels result = new TwoModelScoring(
                        duckDb.get(),
                        destinations,
                        job,
                        model(champion, job, places),
                        model(candidate, job, places),
                        own.resolve("compare-" + ProcessHandle.current().pid()))
                .run(sample, tolerance, shown);
        PrintWriter out = access.out();
        if (output.isForPrograms()) {
            JsonOutput.print(out, json(result));
        } else {
            print(out, result);
        }
        out.flush();
        return ExitStatus.DONE;
    }

    private static TwoModelScoring.Candidate model(String name, Job job, ModelPlaces places) {
        ModelReference reference;
        try {
            reference = ModelReference.parse(name);
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent(String.valueOf(e.getMessage()));
        }
        return switch (JobModel.find(reference, places)) {
            case JobModel.FromRegistry(ModelVersion version, Model model) ->
                new TwoModelScoring.Candidate(version.toString(), version, model, null);
            case JobModel found ->
                new TwoModelScoring.Candidate(
                        name,
                        null,
                        found.model(),
                        found.complete(job.withModel(reference)).model() instanceof ModelReference.Mlflow origin
                                ? origin
                                : null);
        };
    }

    // For people.

    private static void print(PrintWriter out, ComparedModels result) {
        out.println("%,d of %,d rows, read once in %.1f s%s"
                .formatted(
                        result.sampled(),
                        result.rows(),
                        result.readSeconds(),
                        result.malformed() == 0
                                ? ""
                                : "; %,d malformed records, which no model can score".formatted(result.malformed())));
        out.println();
        ComparedModels.Outcome first = result.champion();
        ComparedModels.Outcome second = result.candidate();
        TextTable models = new TextTable().left("").right(first.name()).right(second.name());
        models.row("predictions", "%,d".formatted(first.predictions()), "%,d".formatted(second.predictions()));
        models.row("quarantined", "%,d".formatted(first.quarantined()), "%,d".formatted(second.quarantined()));
        models.row(
                "predicted by this one only",
                "%,d".formatted(result.difference().gone()),
                "%,d".formatted(result.difference().added()));
        models.row("model's time for a row", time(first), time(second));
        models.print(out);
        for (ComparedModels.Outcome outcome : List.of(first, second)) {
            outcome.reasons().forEach(reason -> out.println("Quarantined by %s: %s".formatted(outcome.name(), reason)));
        }
        out.println();
        result.agreement()
                .forEach((column, share) -> out.println("%s: both agree for %s of the records"
                        .formatted(column, String.format(Locale.ROOT, "%.2f %%", 100 * share))));
        if (result.stability() != null) {
            out.println("PSI of the predictions: " + figure(result.stability()));
        }
        numbers(out, result);
        values(out, result.difference());
        records(out, result);
    }

    private static String time(ComparedModels.Outcome outcome) {
        return outcome.scoreSeconds() == null
                ? ""
                : String.format(Locale.ROOT, "%.2f µs", 1e6 * outcome.scoreSeconds());
    }

    private static void numbers(PrintWriter out, ComparedModels result) {
        TextTable table = new TextTable()
                .left("column")
                .left("")
                .right("different")
                .right("by mean")
                .right("by at most")
                .right("correlation")
                .right("mean")
                .right("deviation")
                .right("least")
                .right("5 %")
                .right("median")
                .right("95 %")
                .right("greatest");
        boolean hasRows = false;
        for (OutputDifference.Column column : result.difference().columns()) {
            if (column.earlier() instanceof Distribution.Numbers before
                    && column.later() instanceof Distribution.Numbers after) {
                hasRows = true;
                table.row(row(column.name(), "champion", List.of("", "", "", ""), before));
                table.row(row(
                        "",
                        "candidate",
                        List.of(
                                "%,d".formatted(column.changed()),
                                figure(column.meanChange()),
                                figure(column.largestChange()),
                                figure(result.correlations().get(column.name()))),
                        after));
            }
        }
        if (hasRows) {
            out.println();
            table.print(out);
        }
    }

    private static String[] row(String name, String side, List<String> changes, Distribution.Numbers values) {
        List<String> cells = new ArrayList<>(List.of(name, side));
        cells.addAll(changes);
        cells.add(figure(values.mean()));
        cells.add(figure(values.deviation()));
        cells.add(figure(values.least()));
        List<Double> quantiles = values.quantiles();
        for (int i : new int[] {0, 2, 4}) {
            cells.add(figure(quantiles == null ? null : quantiles.get(i)));
        }
        cells.add(figure(values.greatest()));
        return cells.toArray(String[]::new);
    }

    private static void values(PrintWriter out, OutputDifference difference) {
        for (OutputDifference.Column column : difference.columns()) {
            if (column.earlier() instanceof Distribution.Values before
                    && column.later() instanceof Distribution.Values after) {
                out.println();
                TextTable table =
                        new TextTable().left(column.name()).right("champion").right("candidate");
                Map<String, Long> all = new LinkedHashMap<>(before.frequent());
                after.frequent().forEach(all::putIfAbsent);
                for (String value : all.keySet()) {
                    table.row(
                            DisplayTexts.value(value),
                            count(before.frequent().get(value)),
                            count(after.frequent().get(value)));
                }
                table.print(out);
            }
        }
    }

    /// A value that is not among the most frequent ones is not counted.
    private static String count(@Nullable Long count) {
        return count == null ? "-" : "%,d".formatted(count);
    }

    private static void records(PrintWriter out, ComparedModels result) {
        List<OutputDifference.Column> columns = result.difference().columns();
        for (int i = 0; i < result.records().size(); i++) {
            OutputDifference.ChangedRow row = result.difference().largest().get(i);
            ComparedModels.SampleRecord record = result.records().get(i);
            List<String> changes = new ArrayList<>();
            for (int k = 0; k < columns.size(); k++) {
                if (!Objects.equals(row.earlier().get(k), row.later().get(k))) {
                    changes.add("%s %s -> %s"
                            .formatted(
                                    columns.get(k).name(),
                                    DisplayTexts.value(row.earlier().get(k)),
                                    DisplayTexts.value(row.later().get(k))));
                }
            }
            out.println();
            out.println("%s: %s".formatted(DisplayTexts.value(record.record()), String.join(", ", changes)));
            TextTable features = new TextTable().left("").left("");
            record.features().forEach((name, value) -> features.row("  " + name, DisplayTexts.value(value)));
            features.print(out);
        }
    }

    private static String figure(@Nullable Double value) {
        return value == null ? "" : value == 0 ? "0" : String.format(Locale.ROOT, "%.4g", value);
    }

    // For programs.

    private static ObjectNode json(ComparedModels result) {
        OutputDifference difference = result.difference();
        ObjectNode json = JsonOutput.object();
        json.put("rows", result.rows());
        json.put("sampled", result.sampled());
        json.put("malformed", result.malformed());
        json.put("read_seconds", result.readSeconds());
        put(json.putObject("champion"), result.champion(), difference.gone());
        put(json.putObject("candidate"), result.candidate(), difference.added());
        json.put("compared", difference.common());
        json.put("different", difference.changed());
        json.put("psi", result.stability());
        ObjectNode agreement = json.putObject("agreement");
        result.agreement().forEach(agreement::put);
        ArrayNode columns = json.putArray("columns");
        for (OutputDifference.Column column : difference.columns()) {
            ObjectNode node = columns.addObject();
            node.put("column", column.name());
            node.put("different", column.changed());
            node.put("mean_difference", column.meanChange());
            node.put("largest_difference", column.largestChange());
            node.put("correlation", result.correlations().get(column.name()));
            DistributionJson.put(node.putObject("champion"), column.earlier());
            DistributionJson.put(node.putObject("candidate"), column.later());
        }
        ArrayNode records = json.putArray("records");
        for (int i = 0; i < result.records().size(); i++) {
            OutputDifference.ChangedRow row = difference.largest().get(i);
            ObjectNode node = records.addObject();
            node.put("record", result.records().get(i).record());
            ObjectNode first = node.putObject("champion");
            ObjectNode second = node.putObject("candidate");
            for (int k = 0; k < difference.columns().size(); k++) {
                String name = difference.columns().get(k).name();
                first.put(name, row.earlier().get(k));
                second.put(name, row.later().get(k));
            }
            ObjectNode features = node.putObject("features");
            result.records().get(i).features().forEach(features::put);
        }
        return json;
    }

    private static void put(ObjectNode node, ComparedModels.Outcome outcome, long only) {
        node.put("model", outcome.name());
        node.put("sha256", outcome.version() == null ? null : outcome.version().sha256());
        node.put("read", outcome.read());
        node.put("predictions", outcome.predictions());
        node.put("predicted_by_this_only", only);
        node.put("quarantined", outcome.quarantined());
        outcome.reasons().forEach(node.putArray("reasons")::add);
        node.put("model_seconds_per_row", outcome.scoreSeconds());
        node.put("seconds", outcome.seconds());
    }
}
