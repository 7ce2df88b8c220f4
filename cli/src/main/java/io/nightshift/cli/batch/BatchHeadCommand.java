package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.PredictionRows;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchReader;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch head`: the first predictions of a published batch, read from its destination.
@Command(
        name = "head",
        description = "Shows the first predictions of a published batch.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:The predictions are shown.", "2:The batch is not published, or its output can't be read."})
final class BatchHeadCommand extends QueryCommand {

    /// The same in every row of a batch, so the table for people leaves them out.
    private static final Set<String> CONSTANT = Set.of("model_name", "model_version", "batch_id", "predicted_at");

    private static final String FILE = "record_file";

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = {"-n", "--rows"},
            paramLabel = "N",
            defaultValue = "10",
            description = "The number of rows to show, 1 to 10000 (default: ${DEFAULT-VALUE}).")
    private int rows;

    @Override
    int run(BatchReader reader) {
        return show(ClusterAccess.answer(reader.predictions(wanted.name(), checkedRows())));
    }

    private int checkedRows() {
        if (rows < 1 || rows > BatchExaminations.MOST_ROWS) {
            throw FailureException.permanent(
                    "--rows must be 1 to %d, not %d".formatted(BatchExaminations.MOST_ROWS, rows));
        }
        return rows;
    }

    private int show(PredictionRows head) {
        if (asJson()) {
            JsonOutput.print(
                    out(),
                    head.rows().stream().map(row -> object(head.columns(), row)).toList());
        } else if (head.rows().isEmpty()) {
            out().println("The batch has no predictions.");
        } else {
            table(head).print(out());
        }
        return ExitStatus.DONE;
    }

    private static ObjectNode object(List<String> columns, List<@Nullable Object> row) {
        ObjectNode object = JsonOutput.object();
        for (int i = 0; i < columns.size(); i++) {
            object.putPOJO(columns.get(i), row.get(i));
        }
        return object;
    }

    private static TextTable table(PredictionRows head) {
        List<Integer> shown = new ArrayList<>();
        TextTable table = new TextTable();
        for (int i = 0; i < head.columns().size(); i++) {
            String column = head.columns().get(i);
            if (!CONSTANT.contains(column)) {
                shown.add(i);
                boolean isNumber = head.rows().getFirst().get(i) instanceof Number;
                table = isNumber ? table.right(column) : table.left(column);
            }
        }
        for (List<@Nullable Object> row : head.rows()) {
            table.row(shown.stream()
                    .map(i -> cell(head.columns().get(i), row.get(i)))
                    .toArray(String[]::new));
        }
        return table;
    }

    /// A text with control characters, such as line ends, would break the table.
    private static String cell(String column, @Nullable Object value) {
        String text = Objects.toString(value, "");
        return column.equals(FILE) ? String.valueOf(Path.of(text).getFileName()) : text.replaceAll("\\p{Cntrl}+", " ");
    }
}
