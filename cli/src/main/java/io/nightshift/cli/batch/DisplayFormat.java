package io.nightshift.cli.batch;

import io.nightshift.api.BatchDescription;
import io.nightshift.cli.output.OutageText;
import io.nightshift.protocol.batch.EventText;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Formats numbers, times and parts of batches for people.
final class DisplayFormat {

    private DisplayFormat() {}

    /// UTC, to the second.
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /// The model of a batch for a table: `flights@3`, or `flights (file 4c7856ce)` for a model that the job
    /// names by its path.
    static String model(BatchDescription batch) {
        return batch.model().replaceFirst("[.]sha256-([0-9a-f]{8})[0-9a-f]*@1$", " (file $1)");
    }

    /// The values of a batch's parameters, such as `day=2026-11-25`; empty for a job without parameters.
    static String run(BatchDescription batch) {
        return batch.parameters().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(" "));
    }

    /// The name of a record: its id, or its file and row, such as `flights.parquet row 7`.
    static String record(List<String> key) {
        return key.size() == 1 ? key.getFirst() : Path.of(key.getFirst()).getFileName() + " row " + key.getLast();
    }

    /// When, by whom and why a batch was paused.
    static String of(BatchDescription.Pause pause) {
        String rest = EventText.byAndWhy(pause.by(), pause.reason());
        return "since " + time(pause.at()) + (rest.isEmpty() ? "" : (pause.by() == null ? ": " : " ") + rest);
    }

    /// When, by whom and why a batch was approved.
    static String of(BatchDescription.Approval approval) {
        String rest = EventText.byAndWhy(approval.by(), approval.reason());
        return time(approval.at()) + (rest.isEmpty() ? "" : (approval.by() == null ? ": " : " ") + rest);
    }

    /// Says which failure a batch waits out, since when, and until when.
    static String of(BatchDescription.Outage outage) {
        return OutageText.of(outage.reason(), outage.since(), outage.until());
    }
}
