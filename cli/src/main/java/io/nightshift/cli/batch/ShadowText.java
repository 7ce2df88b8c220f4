package io.nightshift.cli.batch;

import io.nightshift.api.BatchDescription.Shadow;
import io.nightshift.cli.output.TextTable;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Prints how a candidate compares that has scored a batch in addition.
final class ShadowText {

    private ShadowText() {}

    static void print(Shadow shadow, PrintWriter out) {
        if (!shadow.histogram().isEmpty()) {
            out.println();
            TextTable table =
                    new TextTable().left("predictions").right(shadow.champion()).right(shadow.candidate());
            for (Shadow.Bin bin : shadow.histogram()) {
                table.row(
                        "%s to %s".formatted(figure(bin.from()), figure(bin.to())),
                        DisplayFormat.number(bin.champion()),
                        DisplayFormat.number(bin.candidate()));
            }
            table.print(out);
        }
        for (Shadow.Difference row : shadow.largest()) {
            out.println();
            out.println(String.format(
                    Locale.ROOT,
                    "partition %d, prediction %,d: %s -> %s",
                    row.partition(),
                    row.row(),
                    figure(row.champion()),
                    figure(row.candidate())));
            row.features().forEach((name, value) -> out.println("  %-20s %s".formatted(name, value)));
        }
    }

    private static String figure(@Nullable Double value) {
        return value == null ? "no number" : value == 0 ? "0" : String.format(Locale.ROOT, "%.4g", value);
    }
}
