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

/// Writes `_manifest.json`: what a published batch consists of. Its keys are documented in
/// `docs/reference/output.md`.
public final class Manifest {

    static final int VERSION = 1;
    /// Counts up when columns are added to the predictions; none is ever removed.
    static final int SCHEMA_VERSION = 1;

    private Manifest() {}

    /// What a part is called in the manifest of a batch whose destination is a table.
    public static String partition(int partition) {
        return "partition " + partition;
    }

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

            json.writeArrayFieldStart("parts");
            boolean isTable = submitted.job().destination().postgres() != null;
            for (PartitionCommit commit : commits) {
                int partition = commit.partition();
                file(json, isTable ? partition(partition) : Attempt.partName(partition), commit.part());
            }
            json.writeEndArray();

            json.writeArrayFieldStart("quarantine");
            for (PartitionCommit commit : commits) {
                if (commit.quarantine() != null) {
                    int partition = commit.partition();
                    file(json, isTable ? partition(partition) : Attempt.quarantineName(partition), commit.quarantine());
                }
            }
            json.writeEndArray();

            json.writeObjectFieldStart("ledger");
            json.writeNumberField("entries", state.entries());
            json.writeStringField("head", state.head());
            json.writeEndObject();
            json.writeEndObject();
        }
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
