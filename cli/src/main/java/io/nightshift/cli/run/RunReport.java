package io.nightshift.cli.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.output.CheckText;
import io.nightshift.cli.output.CommandOutputFormat;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.UnseenCategories;
import io.nightshift.cli.output.UseText;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.cost.UseDescriptions;
import io.nightshift.coordinator.ledger.BatchDescriptions;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.storage.destination.DestinationStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The summary that `run` prints at the end.
///
/// @param destination the job's
/// @param prediction the column with the prediction
/// @param resumed whether the batch was open before
/// @param rowsBefore rows that earlier runs of the batch have read
/// @param firstRow when the first row was scored, in milliseconds since 1970, or 0
/// @param again the command that resumes the batch
/// @param home the options that make another command use the same home
/// @param profile of the run, or null if `--profile` was not given
/// @param prices of what the batch has used
record RunReport(
        PrintWriter out,
        PrintWriter err,
        CommandOutputFormat format,
        DestinationStore destination,
        String prediction,
        boolean resumed,
        long rowsBefore,
        long firstRow,
        String again,
        String home,
        @Nullable RunProfile profile,
        Prices prices) {

    /// @return the exit status
    int print(BatchStatus status) {
        boolean published = status.phase() == Phase.PUBLISHED;
        if (format.isForPrograms()) {
            out.println(json(status, false));
        } else if (published) {
            summary(status);
            if (profile != null) {
                out.println();
                profile.print(out);
            }
        }
        if (status.phase() == Phase.HELD) {
            held(status);
        } else if (!published) {
            failure(status);
        }
        out.flush();
        err.flush();
        return ExitStatus.of(status);
    }

    void printAlreadyPublished(BatchStatus status) {
        if (format.isForPrograms()) {
            out.println(json(status, true));
        } else {
            out.println(
                    "Nothing to do: batch %s has already scored this input with this model. The predictions are in %s."
                            .formatted(status.batch(), status.places()));
            out.println("To run it again: " + again + " --new");
        }
        out.flush();
    }

    private void summary(BatchStatus status) {
        double seconds = seconds();
        out.println(String.format(
                Locale.ROOT,
                "Published %,d predictions in %.1f s (%,.0f rows/s from process start%s), %,d rows quarantined.",
                status.predictions(),
                seconds,
                rowsOfThisRun(status) / seconds,
                resumed ? String.format(Locale.ROOT, ", for the %,d rows of this run", rowsOfThisRun(status)) : "",
                status.quarantined()));
        if (status.read() == 0) {
            out.println(DisplayTexts.emptyBatch(status));
        }
        out.println();
        out.println("  predictions  " + status.destination());
        status.otherDestinations().forEach(other -> out.println("               " + other));
        out.println("  query them   " + query(status, prediction, false));
        if (status.quarantined() > 0) {
            out.println("  quarantine   " + query(status, "reason", true));
        }
        if (!status.unseenCategories().isEmpty()) {
            out.println("  unseen       categories that the model does not know: "
                    + UnseenCategories.text(status.unseenCategories()));
        }
        if (status.canary() != null) {
            out.println("  rollout      " + status.canary().sentence());
        }
        if (status.shadow() != null) {
            out.println("  shadow       " + status.shadow().sentence());
        }
        checks(status)
                .filter(check -> !check.passed())
                .forEach(check -> out.println("  check failed " + CheckText.of(check)));
        use(status);
        out.println("  verify       %s batch verify %s%s".formatted(ShellCommands.program(), status.batch(), home));
    }

    private void use(BatchStatus status) {
        UseText.lines(described(status)).forEach((title, text) -> out.println("  %-12s %s".formatted(title, text)));
    }

    private BatchDescription.@Nullable Use described(BatchStatus status) {
        return UseDescriptions.of(status.use(), status.predictions(), status.partitions(), prices);
    }

    /// The rows that this process has read: after a resume, fewer than the batch has.
    private long rowsOfThisRun(BatchStatus status) {
        return Math.max(0, status.read() - rowsBefore);
    }

    /// A command that counts the values of a column, for people to copy.
    private String query(BatchStatus status, String column, boolean quarantine) {
        DestinationStore.Query query =
                destination.query(status.batch(), Objects.requireNonNull(status.destination()), column, quarantine);
        return query.client() + " " + ShellCommands.quoted(query.sql());
    }

    private static Stream<BatchDescription.Check> checks(BatchStatus status) {
        return BatchDescriptions.checks(status.checks()).stream();
    }

    private void held(BatchStatus status) {
        err.println("Batch %s is held: %s"
                .formatted(status.batch(), CheckText.holding(checks(status).toList())));
        err.println("Publish it with: " + again + " --approve REASON");
        err.println("Or start over: " + again + " --new");
    }

    private void failure(BatchStatus status) {
        Failure failure = status.failure();
        String what = status.phase() == Phase.CANCELLED ? "was cancelled" : "failed";
        String reason = failure == null ? "" : ": " + failure.message();
        err.println("Batch %s %s%s".formatted(status.batch(), what, reason));
        if (status.committed() > 0) {
            err.println(
                    "%,d of %,d partitions are committed and kept.".formatted(status.committed(), status.partitions()));
        }
        if (status.quarantined() > 0) {
            err.println("See the quarantined rows with: %s quarantine list %s%s"
                    .formatted(ShellCommands.program(), status.batch(), home));
        }
        if (status.phase() == Phase.FAILED) {
            err.println("Fix the cause, then resume with: " + again);
            err.println("Or start over: " + again + " --new");
        }
    }

    private String json(BatchStatus status, boolean alreadyPublished) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("batch", status.batch().value());
            json.writeStringField("state", Objects.toString(status.phase()));
            json.writeNumberField("rows", status.read());
            json.writeNumberField("rows_this_run", alreadyPublished ? 0 : rowsOfThisRun(status));
            json.writeNumberField("predictions", status.predictions());
            json.writeNumberField("quarantined", status.quarantined());
            json.writeObjectFieldStart("unseen_categories");
            for (Map.Entry<String, Long> feature : status.unseenCategories().entrySet()) {
                json.writeNumberField(feature.getKey(), feature.getValue());
            }
            json.writeEndObject();
            if (!status.checks().isEmpty()) {
                json.writeFieldName("checks");
                json.writeRawValue(ApiJson.write(checks(status).toList()));
            }
            if (status.canary() != null) {
                json.writeFieldName("rollout");
                json.writeRawValue(ApiJson.write(BatchDescriptions.rollout(status.canary())));
            }
            BatchDescription.Shadow shadow = BatchDescriptions.shadow(status.shadow());
            if (shadow != null) {
                json.writeFieldName("shadow");
                json.writeRawValue(ApiJson.write(shadow));
            }
            json.writeNumberField("partitions", status.partitions());
            json.writeNumberField("committed", status.committed());
            json.writeBooleanField("resumed", resumed);
            json.writeBooleanField("already_published", alreadyPublished);
            json.writeNumberField("seconds", rounded(seconds()));
            if (firstRow > 0) {
                json.writeNumberField("seconds_to_first_row", rounded((firstRow - began()) / 1e3));
            }
            text(json, "destination", status.destination());
            if (!status.otherDestinations().isEmpty()) {
                json.writeFieldName("other_destinations");
                json.writeRawValue(ApiJson.write(status.otherDestinations()));
            }
            Failure failure = status.failure();
            text(json, "failure", failure == null ? null : failure.message());
            BatchDescription.Use use = described(status);
            if (use != null) {
                json.writeFieldName("use");
                json.writeRawValue(ApiJson.write(use));
            }
            if (profile != null) {
                profile.write(json);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void text(JsonGenerator json, String key, @Nullable String value) throws IOException {
        if (value == null) {
            json.writeNullField(key);
        } else {
            json.writeStringField(key, value);
        }
    }

    /// The seconds since the process started.
    private static double seconds() {
        return (System.currentTimeMillis() - began()) / 1e3;
    }

    static long began() {
        return ManagementFactory.getRuntimeMXBean().getStartTime();
    }

    static double rounded(double seconds) {
        return Math.round(seconds * 1000) / 1000.0;
    }
}
