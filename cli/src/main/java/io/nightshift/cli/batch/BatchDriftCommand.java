package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.DriftReport;
import io.nightshift.api.DriftReport.ColumnDrift;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchReader;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch drift`: compares the distributions that two batches have kept, which needs neither their input nor
/// their output.
@Command(
        name = "drift",
        description = {
            "Shows how much the predictions and features of a batch differ from those of another."
                    + " Compares the columns that the checks of both jobs compare, such as checks: {psi: {all: 0.25}, prediction: {psi: 0.25}}."
        },
        exitCodeList = {
            "0:The differences are shown, if there are any.",
            "2:There is no such batch, or it has kept no distributions."
        },
        mixinStandardHelpOptions = true)
final class BatchDriftCommand extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = "--against",
            paramLabel = "BATCH",
            description =
                    "The batch to compare with. Without this option, the one that the checks have compared it with.")
    private @Nullable String against;

    @Override
    int run(BatchReader reader) {
        return show(ClusterAccess.answer(
                against == null ? reader.drift(wanted.name()) : reader.drift(wanted.name(), against)));
    }

    private int show(DriftReport report) {
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(report));
            return ExitStatus.DONE;
        }
        out().println(
                        report.baseline() == null
                                ? "%s, %,d rows: there was no earlier batch to compare with"
                                        .formatted(report.batch(), report.rows())
                                : "%s, %,d rows, compared with %s, %,d rows"
                                        .formatted(
                                                report.batch(),
                                                report.rows(),
                                                report.baseline(),
                                                report.baselineRows()));
        out().println();
        TextTable table = new TextTable()
                .left("COLUMN")
                .right("PSI")
                .right("JENSEN-SHANNON")
                .right("MISSING")
                .right("BEFORE")
                .right("UNSEEN")
                .right("BEFORE")
                .right("MEAN")
                .right("BEFORE");
        for (ColumnDrift column : mostFirst(report.columns())) {
            table.row(
                    Objects.requireNonNullElse(column.column(), "(predictions)"),
                    number(column.psi()),
                    number(column.jensenShannon()),
                    share(column.missing()),
                    share(column.missingBefore()),
                    share(column.unseen()),
                    share(column.unseenBefore()),
                    number(column.mean()),
                    number(column.meanBefore()));
        }
        table.print(out());
        return ExitStatus.DONE;
    }

    /// The predictions, and then the columns from the largest to the smallest difference.
    private static List<ColumnDrift> mostFirst(List<ColumnDrift> columns) {
        return columns.stream()
                .sorted(Comparator.comparing((ColumnDrift column) -> column.column() != null)
                        .thenComparing(ColumnDrift::psi, Comparator.nullsLast(Comparator.<Double>reverseOrder())))
                .toList();
    }

    private static String number(@Nullable Double value) {
        return value == null ? "" : String.format(Locale.ROOT, "%.4g", value);
    }

    private static String share(@Nullable Double share) {
        return share == null ? "" : String.format(Locale.ROOT, "%.2f %%", share * 100);
    }
}
