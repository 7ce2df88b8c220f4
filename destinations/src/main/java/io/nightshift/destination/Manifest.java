package io.nightshift.destination;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.Histogram;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.RowDifference;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Writes the manifest: what a published batch consists of. It lists files one by one; for a table, the rows
/// of `nightshift_parts` are the list. Its keys are documented in `docs/reference/output.md`.
public final class Manifest {

    static final int VERSION = 1;

    private static final ObjectMapper JSON = new ObjectMapper();

    private Manifest() {}

    /// The manifest of a batch whose rows are in a table.
    public static String text(CommittedBatch batch) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            write(out, batch, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /// @param out stays open
    /// @param names of the batch's files, or null if it has none
    public static void write(OutputStream out, CommittedBatch batch, @Nullable FileNames names) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeNumberField("manifest_version", VERSION);
            OutputSchema schema = batch.job().output().schema();
            json.writeNumberField("schema_version", schema == null ? 1 : schema.version());
            if (schema != null) {
                json.writeArrayFieldStart("schema");
                for (OutputSchema.Column column : schema.columns()) {
                    json.writeStartObject();
                    json.writeStringField("name", column.name());
                    json.writeStringField("type", column.type());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeStringField("batch", batch.id().value());
            json.writeStringField("job", batch.job().name());
            if (!batch.job().parameters().isEmpty()) {
                json.writeObjectFieldStart("parameters");
                for (Parameter parameter : batch.job().parameters()) {
                    json.writeStringField(parameter.name(), parameter.value());
                }
                json.writeEndObject();
            }
            json.writeStringField("submitted_at", batch.submittedAt().toString());

            model(json, "model", batch.model());
            if (batch.canary() != null) {
                rollout(json, batch.canary());
            }
            if (batch.shadow() != null) {
                shadow(json, batch.shadow());
            }

            json.writeObjectFieldStart("rows");
            json.writeNumberField("input", batch.rows());
            json.writeNumberField("read", batch.read());
            json.writeNumberField("predictions", batch.predictions());
            json.writeNumberField("quarantined", batch.quarantined());
            json.writeEndObject();

            json.writeObjectFieldStart("unseen_categories");
            for (Map.Entry<String, Long> feature : batch.unseenCategories().entrySet()) {
                json.writeNumberField(feature.getKey(), feature.getValue());
            }
            json.writeEndObject();

            if (batch.checked() != null) {
                checks(json, batch.checked(), batch.approved());
            }

            inputs(json, batch.job().source(), batch.input());
            if (batch.reusedFrom() != null) {
                json.writeStringField("reused_from", batch.reusedFrom());
                reusedModels(json, batch);
            }
            if (!batch.supplements().isEmpty()) {
                supplements(json, batch.job().source(), batch.supplements());
            }

            if (names != null) {
                files(json, batch, names);
            }

            json.writeObjectFieldStart("ledger");
            json.writeNumberField("entries", batch.entries());
            json.writeStringField("head", batch.head());
            json.writeEndObject();
            json.writeEndObject();
        }
    }

    /// The schema that a manifest has; null if an earlier version wrote it without one.
    ///
    /// @throws IOException if it is no manifest
    public static @Nullable OutputSchema schema(String manifest) throws IOException {
        JsonNode root = JSON.readTree(manifest);
        JsonNode columns = root.path("schema");
        if (!columns.isArray()) {
            return null;
        }
        List<OutputSchema.Column> found = new ArrayList<>();
        columns.forEach(column -> found.add(new OutputSchema.Column(
                column.path("name").asText(), column.path("type").asText())));
        return new OutputSchema(Math.max(1, root.path("schema_version").asInt()), found);
    }

    private static void model(JsonGenerator json, String key, ModelVersion model) throws IOException {
        json.writeObjectFieldStart(key);
        json.writeStringField("name", model.name());
        json.writeNumberField("version", model.version());
        json.writeStringField("sha256", model.sha256());
        json.writeEndObject();
    }

    private static void rollout(JsonGenerator json, Canary canary) throws IOException {
        json.writeObjectFieldStart("rollout");
        json.writeStringField("mode", Rollout.Mode.CANARY.text());
        json.writeStringField("state", canary.state().toString());
        model(json, "candidate", canary.candidate());
        model(json, "champion", canary.champion());
        json.writeNumberField("partitions", canary.partitions());
        json.writeNumberField("rows", canary.rows());
        json.writeArrayFieldStart("guards");
        for (GuardResult result : canary.results()) {
            json.writeStartObject();
            json.writeStringField("name", result.guard().measure().text());
            json.writeNumberField("value", result.value());
            json.writeNumberField("limit", result.guard().limit());
            json.writeBooleanField("passed", result.passed());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField("text", canary.sentence());
        json.writeEndObject();
    }

    private static void shadow(JsonGenerator json, Shadow shadow) throws IOException {
        json.writeObjectFieldStart("shadow");
        json.writeStringField("state", shadow.state().toString());
        model(json, "candidate", shadow.candidate());
        json.writeNumberField("chosen", shadow.chosen());
        json.writeNumberField("partitions", shadow.partitions());
        json.writeNumberField("rows", shadow.rows());
        ModelComparison compared = shadow.compared();
        if (compared != null) {
            if (shadow.agreement() != null) {
                json.writeNumberField("agreement", shadow.agreement());
            }
            json.writeNumberField("psi", shadow.psi());
            json.writeArrayFieldStart("histogram");
            for (Histogram.Bin bin : Histogram.of(compared.scored(), compared.other())) {
                json.writeStartObject();
                json.writeNumberField("from", bin.from());
                json.writeNumberField("to", bin.to());
                json.writeNumberField("champion", bin.first());
                json.writeNumberField("candidate", bin.second());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("largest");
            for (RowDifference row : shadow.largest()) {
                difference(json, row);
            }
            json.writeEndArray();
        }
        json.writeStringField("text", shadow.sentence());
        json.writeEndObject();
    }

    private static void difference(JsonGenerator json, RowDifference row) throws IOException {
        json.writeStartObject();
        json.writeNumberField("partition", row.partition());
        json.writeNumberField("row", row.row());
        if (Double.isFinite(row.scored())) {
            json.writeNumberField("champion", row.scored());
        }
        if (Double.isFinite(row.other())) {
            json.writeNumberField("candidate", row.other());
        }
        json.writeObjectFieldStart("features");
        for (Map.Entry<String, String> feature : row.features().entrySet()) {
            json.writeStringField(feature.getKey(), feature.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void inputs(JsonGenerator json, Job.Source source, List<SourceFile> files) throws IOException {
        json.writeArrayFieldStart("inputs");
        for (SourceFile file : files) {
            json.writeStartObject();
            json.writeStringField("path", file.path());
            json.writeNumberField("bytes", file.bytes());
            json.writeStringField("modified", file.modified().toString());
            json.writeNumberField("rows", file.rows());
            json.writeStringField("tag", file.tag());
            if (file.lookup() != null) {
                json.writeNumberField("lookup", file.lookup());
            }
            String snapshot = LakeReader.snapshot(file);
            if (snapshot != null) {
                json.writeStringField("snapshot", snapshot);
                json.writeStringField("table", LakeReader.table(source, file));
                json.writeNumberField(
                        "schema_id",
                        Objects.requireNonNull(LakeReader.pin(file)).schema());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void supplements(JsonGenerator json, Job.Source source, List<Supplement> supplements)
            throws IOException {
        json.writeArrayFieldStart("supplements");
        for (Supplement supplement : supplements) {
            json.writeStartObject();
            json.writeNumberField("number", supplement.number());
            json.writeStringField("committed_at", supplement.at().toString());
            json.writeNumberField("partition", supplement.commit().partition());
            json.writeNumberField("predictions", supplement.commit().predictions());
            json.writeNumberField("quarantined", supplement.commit().quarantined());
            inputs(json, source, supplement.input());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /// How many supplements a manifest lists.
    ///
    /// @throws FailureException permanent, if it is no manifest
    public static int supplements(String manifest) {
        try {
            return JSON.readTree(manifest).path("supplements").size();
        } catch (JsonProcessingException e) {
            throw new FailureException(Failure.permanent("the manifest can't be read: " + e.getOriginalMessage()), e);
        }
    }

    /// Whether a manifest lists all supplements of a batch.
    ///
    /// @throws FailureException permanent, if it is no manifest
    public static boolean hasSupplements(String manifest, CommittedBatch batch) {
        return supplements(manifest) >= batch.supplements().size();
    }

    private static void checks(JsonGenerator json, BatchEvent.Checked checked, BatchEvent.@Nullable Approved approved)
            throws IOException {
        json.writeArrayFieldStart("checks");
        for (CheckResult result : checked.results()) {
            json.writeStartObject();
            json.writeStringField("name", result.check().name());
            json.writeNumberField("value", result.value());
            json.writeNumberField("limit", result.check().limit());
            json.writeBooleanField("passed", result.passed());
            json.writeStringField("on_fail", result.check().onFail().text());
            json.writeStringField("text", result.sentence());
            if (result.baseline() != null) {
                json.writeStringField("baseline", result.baseline().value());
            }
            if (result.before() != null) {
                json.writeNumberField("before", result.before());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        if (approved != null) {
            json.writeObjectFieldStart("approval");
            json.writeStringField("at", approved.at().toString());
            json.writeStringField("reason", approved.reason());
            if (approved.by() != null) {
                json.writeStringField("by", approved.by());
            }
            json.writeEndObject();
        }
    }

    /// The number of reused parts by the SHA-256 of the model that has scored them, in its order.
    ///
    /// @param commits that count
    public static SortedMap<String, Integer> reusedModels(Collection<PartitionCommit> commits) {
        SortedMap<String, Integer> parts = new TreeMap<>();
        commits.stream()
                .filter(commit -> commit.epoch().isReuse())
                .forEach(commit -> parts.merge(commit.model(), 1, Integer::sum));
        return parts;
    }

    private static void reusedModels(JsonGenerator json, CommittedBatch batch) throws IOException {
        json.writeArrayFieldStart("reused_models");
        for (Map.Entry<String, Integer> model : reusedModels(batch.commits()).entrySet()) {
            json.writeStartObject();
            json.writeStringField("sha256", model.getKey());
            json.writeNumberField("parts", model.getValue());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void files(JsonGenerator json, CommittedBatch batch, FileNames names) throws IOException {
        json.writeArrayFieldStart("parts");
        files(json, batch, names, true);
        json.writeEndArray();
        json.writeArrayFieldStart("quarantine");
        files(json, batch, names, false);
        json.writeEndArray();
    }

    private static void files(JsonGenerator json, CommittedBatch batch, FileNames names, boolean predictions)
            throws IOException {
        for (PartitionCommit commit : batch.commits()) {
            for (FileNames.Committed file : names.of(batch.id(), commit).toList()) {
                if (file.holdsPredictions() == predictions) {
                    file(json, commit, file);
                }
            }
        }
    }

    private static void file(JsonGenerator json, PartitionCommit commit, FileNames.Committed file) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", file.name());
        json.writeNumberField("rows", file.file().rows());
        json.writeNumberField("bytes", file.file().bytes());
        json.writeStringField("sha256", file.file().sha256());
        if (commit.epoch().isReuse()) {
            json.writeStringField("reused_model", commit.model());
        }
        json.writeEndObject();
    }
}
