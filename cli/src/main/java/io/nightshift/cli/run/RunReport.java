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
import io.nightshift.cli.output.UnseenCategoryText;
import io.nightshift.cli.output.UseText;
import io.nightshift.destination.DestinationStore;
import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
        @Nullable RunProfile profile) {

    /// @return the exit status
    int print(BatchDescription status) {
        boolean published = status.state().equals("published");
        if (format.isForPrograms()) {
            out.println(json(status, false));
        } else if (published) {
            summary(status);
            if (profile != null) {
                out.println();
                profile.print(out);
            }
        }
        if (status.state().equals("held")) {
            held(status);
        } else if (!published) {
            failure(status);
        }
        out.flush();
        err.flush();
        return ExitStatus.of(status);
    }

    void printAlreadyPublished(BatchDescription status) {
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

    private void summary(BatchDescription status) {
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
                    + UnseenCategoryText.text(status.unseenCategories()));
        }
        if (status.rollout() != null) {
            out.println("  rollout      " + status.rollout().text());
        }
        if (status.shadow() != null) {
            out.println("  shadow       " + status.shadow().text());
        }
        status.checks().stream()
                .filter(check -> !check.passed())
                .forEach(check -> out.println("  check failed " + CheckText.of(check)));
        UseText.lines(status.use()).forEach((title, text) -> out.println("  %-12s %s".formatted(title, text)));
        out.println("  verify       %s batch verify %s%s".formatted(ShellCommands.program(), status.batch(), home));
    }

    /// The rows that this process has read: after a resume, fewer than the batch has.
    private long rowsOfThisRun(BatchDescription status) {
        return Math.max(0, status.read() - rowsBefore);
    }

    /// A command that counts the values of a column, for people to copy.
    private String query(BatchDescription status, String column, boolean quarantine) {
        DestinationStore.Query query = destination.query(
                new BatchId(status.batch()), Objects.requireNonNull(status.destination()), column, quarantine);
        return query.client() + " " + ShellCommands.quoted(query.sql());
    }

    private void held(BatchDescription status) {
        err.println("Batch %s is held: %s".formatted(status.batch(), CheckText.holding(status.checks())));
        err.println("Publish it with: " + again + " --approve REASON");
        err.println("Or start over: " + again + " --new");
    }

    private void failure(BatchDescription status) {
        err.println(DisplayTexts.stopped(status));
        if (status.committed() > 0) {
            err.println(
                    "%,d of %,d partitions are committed and kept.".formatted(status.committed(), status.partitions()));
        }
        if (status.quarantined() > 0) {
            err.println("See the quarantined rows with: %s quarantine list %s%s"
                    .formatted(ShellCommands.program(), status.batch(), home));
        }
        if (status.state().equals("failed")) {
            err.println("Fix the cause, then resume with: " + again);
            err.println("Or start over: " + again + " --new");
        }
    }

    private String json(BatchDescription status, boolean alreadyPublished) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("batch", status.batch());
            json.writeStringField("state", status.state());
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
                json.writeRawValue(ApiJson.write(status.checks()));
            }
            if (status.rollout() != null) {
                json.writeFieldName("rollout");
                json.writeRawValue(ApiJson.write(status.rollout()));
            }
            if (status.shadow() != null) {
                json.writeFieldName("shadow");
                json.writeRawValue(ApiJson.write(status.shadow()));
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
            text(json, "failure", status.reason());
            if (status.use() != null) {
                json.writeFieldName("use");
                json.writeRawValue(ApiJson.write(status.use()));
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
