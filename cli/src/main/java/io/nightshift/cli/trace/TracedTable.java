package io.nightshift.cli.trace;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A table as `init --data` takes it, and a snapshot of it.
final class TracedTable {

    private static final Pattern ICEBERG = Pattern.compile("iceberg:([^/]+)/([^/.]+(?:[.][^/.]+)+)");
    private static final String DELTA = "delta:";

    private TracedTable() {}

    /// @param snapshot null for the current one
    /// @throws FailureException permanent, if the texts name no table or no snapshot
    static Input parse(String table, @Nullable String snapshot) {
        Matcher iceberg = ICEBERG.matcher(table);
        if (iceberg.matches()) {
            boolean isId = snapshot != null && snapshot.matches("\\d+");
            return new IcebergInput(
                    iceberg.group(1), iceberg.group(2), isId ? snapshot : null, isId ? null : snapshot, null);
        }
        String folder = table.startsWith(DELTA) ? table.substring(DELTA.length()) : table;
        boolean isDelta = table.startsWith(DELTA) || (!isPrefixed(table) && Files.isDirectory(log(folder)));
        if (!isDelta || folder.isEmpty()) {
            throw FailureException.permanent(
                    "expected a table as iceberg:CATALOG/NAMESPACE.TABLE, such as iceberg:lake/scores.delays, or as delta:FOLDER, not "
                            + table);
        }
        if (snapshot != null && !snapshot.matches("\\d{1,18}")) {
            throw FailureException.permanent("the version of a Delta table is a number, not " + snapshot);
        }
        return new DeltaInput(
                ObjectAddress.isAddress(folder)
                        ? folder
                        : Path.of(folder).toAbsolutePath().normalize().toString(),
                snapshot,
                null);
    }

    private static boolean isPrefixed(String table) {
        return table.startsWith("iceberg:") || ObjectAddress.isAddress(table);
    }

    private static Path log(String folder) {
        return Path.of(folder, "_delta_log");
    }
}
