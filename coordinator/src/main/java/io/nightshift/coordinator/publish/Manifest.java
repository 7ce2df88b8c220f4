package io.nightshift.coordinator.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/// Writes the manifest: what a published batch consists of. Files are listed one by one; of a table
/// `nightshift_parts` is the list. Its keys are documented in `docs/reference/output.md`.
final class Manifest {

    static final int VERSION = 1;
    /// Counts up when columns are added to the predictions; none is ever removed.
    static final int SCHEMA_VERSION = 1;

    private Manifest() {}

    /// @param commits every partition's, in the order of the partitions
    static void write(OutputStream out, BatchState state, List<PartitionCommit> commits) throws IOException {
        BatchEvent.Submitted submitted = state.submission();
        try (JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeNumberField("manifest_version", VERSION);
            json.writeNumberField("schema_version", SCHEMA_VERSION);
            json.writeStringField("batch", state.batch().value());
            json.writeStringField("job", submitted.job().name());
            json.writeStringField("submitted_at", submitted.at().toString());

            json.writeObjectFieldStart("model");
            json.writeStringField("name", submitted.model().name());
            json.writeNumberField("version", submitted.model().version());
            json.writeStringField("sha256", submitted.model().sha256());
            json.writeEndObject();

            json.writeObjectFieldStart("rows");
            json.writeNumberField("input", state.totals().rows());
            json.writeNumberField("read", state.totals().read());
            json.writeNumberField("predictions", state.totals().predictions());
            json.writeNumberField("quarantined", state.totals().quarantined());
            json.writeEndObject();

            json.writeArrayFieldStart("inputs");
            for (SourceFile file : state.pinned().files()) {
                json.writeStartObject();
                json.writeStringField("path", file.path());
                json.writeNumberField("bytes", file.bytes());
                json.writeStringField("modified", file.modified().toString());
                json.writeNumberField("rows", file.rows());
                json.writeEndObject();
            }
            json.writeEndArray();

            if (submitted.job().destination().postgres() == null) {
                files(json, commits);
            }

            json.writeObjectFieldStart("ledger");
            json.writeNumberField("entries", state.entries());
            json.writeStringField("head", state.head());
            json.writeEndObject();
            json.writeEndObject();
        }
    }

    private static void files(JsonGenerator json, List<PartitionCommit> commits) throws IOException {
        json.writeArrayFieldStart("parts");
        for (PartitionCommit commit : commits) {
            file(json, Attempt.partName(commit.partition()), commit.part());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("quarantine");
        for (PartitionCommit commit : commits) {
            if (commit.quarantine() != null) {
                file(json, Attempt.quarantineName(commit.partition()), commit.quarantine());
            }
        }
        json.writeEndArray();
    }

    private static void file(JsonGenerator json, String name, OutputFile file) throws IOException {
        json.writeStartObject();
        json.writeStringField("file", name);
        json.writeNumberField("rows", file.rows());
        json.writeNumberField("bytes", file.bytes());
        json.writeStringField("sha256", file.sha256());
        json.writeEndObject();
    }
}
