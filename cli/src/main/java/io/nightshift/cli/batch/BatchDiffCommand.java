package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.EventPage;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.DistributionJson;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchReader;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.ledger.EntryJson;
import io.nightshift.protocol.ledger.NewerEventException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.comparison.OutputComparison;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.comparison.OutputDifference.Distribution;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `batch diff`: how the predictions of two published batches differ, read from their destinations.
@Command(
        name = "diff",
        description = "Compares the predictions of two published batches, record by record.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The differences are shown, if there are any.",
            "2:A batch is not published, its output can't be read, or the two can't be compared."
        })
final class BatchDiffCommand extends QueryCommand {

    private static final int MOST = 10_000;

    @Parameters(
            index = "0",
            paramLabel = "EARLIER",
            description = "The ID of a batch, the beginning of an ID, or latest.")
    private String earlier = "";

    @Parameters(index = "1", paramLabel = "LATER", description = "The batch to compare it with.")
    private String later = "";

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "0",
            description = "Numbers that differ by no more than this are the same (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            defaultValue = "10",
            description =
                    "The number of records to list, those that changed most first, 0 to 10000 (default: ${DEFAULT-VALUE}).")
    private int rows;

    /// The reader knows where the outputs are. They are read here.
    @Override
    int run(BatchReader reader) {
        return compare(published(reader, earlier), published(reader, later));
    }

    private int compare(PublishedBatch before, PublishedBatch after) {
        if (rows < 0 || rows > MOST) {
            throw FailureException.permanent("--rows must be 0 to %d, not %d".formatted(MOST, rows));
        }
        if (!(tolerance >= 0 && Double.isFinite(tolerance))) {
            throw FailureException.permanent("--tolerance must be a number of at least 0, not " + tolerance);
        }
        Configuration given = configuration();
        ObjectCopies objects = given.objects().ofCommand(home().folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDbOnDemand duckDb = new DuckDbOnDemand(home().folder(), roots);
                Connection connection = duckDb.get().connect()) {
            Destinations destinations = new Destinations(duckDb, given.dataSources(), roots, objects);
            before.open(destinations, connection, "earlier");
            after.open(destinations, connection, "later");
            OutputDifference difference = new OutputComparison(connection, "earlier", "later", tolerance).compare(rows);
            if (asJson()) {
                JsonOutput.print(out(), json(before.batch(), after.batch(), difference));
            } else {
                show(before.batch(), after.batch(), difference);
            }
        } catch (SQLException e) {
            throw FailureException.permanent("DuckDB can't be opened: " + e.getMessage());
        }
        return ExitStatus.DONE;
    }

    /// @param destination what readers see, as [BatchEvent.Published#destination()] says it
    private record PublishedBatch(BatchId batch, Job job, String destination) {

        void open(Destinations destinations, Connection duckDb, String name) {
            destinations.of(job).predictions().open(batch, destination, duckDb, name);
        }
    }

    private static PublishedBatch published(BatchReader reader, String wanted) {
        BatchDescription described = ClusterAccess.answer(reader.describe(wanted));
        BatchId batch = new BatchId(described.batch());
        if (described.destination() == null) {
            throw notPublished(batch);
        }
        return new PublishedBatch(batch, job(reader, batch), described.destination());
    }

    /// The job in the first entry of a batch's ledger.
    private static Job job(BatchReader reader, BatchId batch) {
        EventPage page = ClusterAccess.answer(reader.events(batch.value(), 0));
        try {
            if (!page.events().isEmpty()
                    && EntryJson.event(page.events().getFirst()) instanceof BatchEvent.Submitted submitted) {
                return submitted.job();
            }
        } catch (NewerEventException e) {
            throw FailureException.permanent("the server has a newer version than this command: " + e.getMessage());
        } catch (UncheckedIOException e) {
            throw damaged(batch);
        }
        throw damaged(batch);
    }

    private static FailureException damaged(BatchId batch) {
        return FailureException.permanent(
                "the ledger of %s is damaged: its first entry does not name the job".formatted(batch));
    }

    private static FailureException notPublished(BatchId batch) {
        return FailureException.permanent(
                "batch %s is not published, so it has no predictions to compare. `nightshift batch show %s` shows its state"
                        .formatted(batch, batch));
    }

    private void show(BatchId before, BatchId after, OutputDifference difference) {
        TextTable counts = new TextTable().left("").right("");
        counts.row("predictions of " + before, DisplayFormat.number(difference.earlier()));
        counts.row("predictions of " + after, DisplayFormat.number(difference.later()));
        counts.row("records in both", DisplayFormat.number(difference.common()));
        counts.row("  changed", share(difference.changed(), difference.common()));
        counts.row("gone", share(difference.gone(), difference.earlier()));
        counts.row("new", share(difference.added(), difference.later()));
        counts.print(out());
        columns("Columns only in " + before, difference.goneColumns());
        columns("Columns only in " + after, difference.addedColumns());
        showNumbers(difference);
        showValues(difference);
        showRows(difference);
    }

    private void columns(String heading, List<String> names) {
        if (!names.isEmpty()) {
            out().println(heading + ": " + String.join(", ", names));
        }
    }

    private static String share(long part, long whole) {
        return whole == 0 || part == 0
                ? DisplayFormat.number(part)
                : "%s (%s %%)".formatted(DisplayFormat.number(part), figure(100.0 * part / whole));
    }

    private void showNumbers(OutputDifference difference) {
        TextTable table = new TextTable()
                .left("column")
                .left("")
                .right("changed")
                .right("by mean")
                .right("by at most")
                .right("missing")
                .right("mean")
                .right("deviation")
                .right("least")
                .right("5 %")
                .right("median")
                .right("95 %")
                .right("greatest");
        boolean hasRows = false;
        for (OutputDifference.Column column : difference.columns()) {
            if (column.earlier() instanceof Distribution.Numbers before
                    && column.later() instanceof Distribution.Numbers after) {
                hasRows = true;
                table.row(numbers(column.name(), "before", "", "", "", before));
                table.row(numbers(
                        "",
                        "after",
                        DisplayFormat.number(column.changed()),
                        figure(column.meanChange()),
                        figure(column.largestChange()),
                        after));
            }
        }
        if (hasRows) {
            out().println();
            table.print(out());
        }
    }

    private static String[] numbers(
            String name, String side, String changed, String mean, String most, Distribution.Numbers values) {
        List<Double> quantiles = values.quantiles();
        return new String[] {
            name,
            side,
            changed,
            mean,
            most,
            DisplayFormat.number(values.missing() + values.notFinite()),
            figure(values.mean()),
            figure(values.deviation()),
            figure(values.least()),
            figure(quantiles == null ? null : quantiles.get(0)),
            figure(quantiles == null ? null : quantiles.get(2)),
            figure(quantiles == null ? null : quantiles.get(4)),
            figure(values.greatest())
        };
    }

    private void showValues(OutputDifference difference) {
        List<String> unchanged = new ArrayList<>();
        for (OutputDifference.Column column : difference.columns()) {
            if (column.earlier() instanceof Distribution.Values before
                    && column.later() instanceof Distribution.Values after) {
                if (column.changed() == 0 && before.equals(after)) {
                    unchanged.add(column.name());
                    continue;
                }
                out().println();
                out().println("%s: %s changed".formatted(column.name(), DisplayFormat.number(column.changed())));
                TextTable table =
                        new TextTable().left("  value").right("before").right("after");
                List<String> values = new ArrayList<>(after.frequent().keySet());
                before.frequent().keySet().stream()
                        .filter(value -> !after.frequent().containsKey(value))
                        .forEach(values::add);
                for (String value : values) {
                    table.row(
                            "  " + text(value),
                            count(before.frequent().get(value)),
                            count(after.frequent().get(value)));
                }
                if (before.missing() + after.missing() > 0) {
                    table.row(
                            "  (missing)",
                            DisplayFormat.number(before.missing()),
                            DisplayFormat.number(after.missing()));
                }
                table.print(out());
            }
        }
        if (!unchanged.isEmpty()) {
            out().println();
            columns("The same in both", unchanged);
        }
    }

    /// A value that is not among the most frequent ones is not counted.
    private static String count(@Nullable Long count) {
        return count == null ? "-" : DisplayFormat.number(count);
    }

    private void showRows(OutputDifference difference) {
        if (difference.largest().isEmpty()) {
            return;
        }
        out().println();
        out().println("The records that changed most:");
        TextTable table = new TextTable().left("  record");
        List<Integer> shown = IntStream.range(0, difference.columns().size())
                .filter(i -> difference.largest().stream()
                        .anyMatch(row -> !Objects.equals(
                                row.earlier().get(i), row.later().get(i))))
                .boxed()
                .toList();
        shown.forEach(i -> table.left(difference.columns().get(i).name()));
        for (OutputDifference.ChangedRow row : difference.largest()) {
            List<String> cells = new ArrayList<>();
            cells.add("  " + text(DisplayFormat.record(row.key())));
            for (int i : shown) {
                String before = row.earlier().get(i);
                String after = row.later().get(i);
                cells.add(
                        Objects.equals(before, after)
                                ? text(Objects.toString(after, ""))
                                : "%s -> %s".formatted(cell(before), cell(after)));
            }
            table.row(cells.toArray(String[]::new));
        }
        table.print(out());
    }

    private static String cell(@Nullable String value) {
        return value == null ? "(missing)" : text(value);
    }

    /// Control characters, such as line ends, would break the table.
    private static String text(String value) {
        return value.replaceAll("\\p{Cntrl}+", " ");
    }

    private static String figure(@Nullable Double value) {
        return value == null ? "" : value == 0 ? "0" : String.format(Locale.ROOT, "%.4g", value);
    }

    private static ObjectNode json(BatchId before, BatchId after, OutputDifference difference) {
        ObjectNode json = JsonOutput.object();
        json.put("earlier", before.value());
        json.put("later", after.value());
        json.put("earlier_predictions", difference.earlier());
        json.put("later_predictions", difference.later());
        json.put("common", difference.common());
        json.put("changed", difference.changed());
        json.put("gone", difference.gone());
        json.put("new", difference.added());
        difference.goneColumns().forEach(json.putArray("gone_columns")::add);
        difference.addedColumns().forEach(json.putArray("new_columns")::add);
        ArrayNode columns = json.putArray("columns");
        for (OutputDifference.Column column : difference.columns()) {
            ObjectNode node = columns.addObject();
            node.put("column", column.name());
            node.put("changed", column.changed());
            node.put("mean_change", column.meanChange());
            node.put("largest_change", column.largestChange());
            DistributionJson.put(node.putObject("earlier"), column.earlier());
            DistributionJson.put(node.putObject("later"), column.later());
        }
        ArrayNode rows = json.putArray("rows");
        List<String> names =
                difference.columns().stream().map(OutputDifference.Column::name).toList();
        for (OutputDifference.ChangedRow row : difference.largest()) {
            ObjectNode node = rows.addObject();
            row.key().forEach(node.putArray("record")::add);
            put(node.putObject("earlier"), names, row.earlier());
            put(node.putObject("later"), names, row.later());
        }
        return json;
    }

    private static void put(ObjectNode node, List<String> names, List<@Nullable String> values) {
        for (int i = 0; i < names.size(); i++) {
            node.put(names.get(i), values.get(i));
        }
    }
}
