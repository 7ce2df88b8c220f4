package io.nightshift.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeReader;
import io.nightshift.source.lake.PinnedSnapshot;
import io.nightshift.storage.filesystem.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Where the rows of a batch come from, in the words of its manifest. A table keeps it with the commit that
/// shows the batch, so that somebody who has only the table finds the batch, its model and its input.
///
/// @param properties by their names in tables
public record Provenance(SortedMap<String, String> properties) {

    /// The property with the batch's ID.
    public static final String BATCH = "nightshift.batch";

    /// The property with the number of a supplement of the batch.
    public static final String SUPPLEMENT = "nightshift.supplement";

    /// The property with the SHA-256 of the batch's manifest.
    public static final String MANIFEST = "nightshift.manifest-sha256";

    /// The property with the name and the version of the model, as `name@version`.
    public static final String MODEL_VERSION = "nightshift.model";

    /// The property with the SHA-256 of the model.
    public static final String MODEL = "nightshift.model-sha256";

    /// The property with the hash of the ledger's last entry that the manifest knows.
    public static final String LEDGER_HEAD = "nightshift.ledger-head";

    /// The property with the snapshot that the batch has read, as `table@snapshot`; absent if its source is not the
    /// table of a lake.
    public static final String INPUT = "nightshift.input";

    /// The property with the name of the table that the batch has read, such as `iceberg:lake/sales.customers`;
    /// absent as [#INPUT].
    public static final String INPUT_TABLE = "nightshift.input-table";

    /// The property with the ID of the schema with which the batch has read the table; absent as [#INPUT].
    public static final String INPUT_SCHEMA = "nightshift.input-schema";

    /// The property with the digest of the files that the batch has read.
    public static final String INPUT_DIGEST = "nightshift.input-digest";

    private static final ObjectMapper JSON = new ObjectMapper();

    public Provenance {
        properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    /// The provenance that a ledger has, without the manifest.
    public static Provenance of(CommittedBatch batch) {
        SortedMap<String, String> properties = new TreeMap<>();
        properties.put(BATCH, batch.id().value());
        properties.put(MODEL_VERSION, batch.model().toString());
        properties.put(MODEL, batch.model().sha256());
        SourceFile own = batch.input().stream()
                .filter(file -> !file.isLookup())
                .findFirst()
                .orElse(null);
        PinnedSnapshot pin = own == null ? null : LakeReader.pin(own);
        if (own != null && pin != null) {
            properties.put(INPUT, Objects.requireNonNull(LakeReader.snapshot(own)));
            properties.put(
                    INPUT_TABLE,
                    Objects.requireNonNull(LakeReader.table(batch.job().source(), own)));
            properties.put(INPUT_SCHEMA, String.valueOf(pin.schema()));
        }
        properties.put(
                INPUT_DIGEST,
                digest(batch.input().stream()
                        .map(file -> line(
                                file.path(),
                                file.bytes(),
                                file.rows(),
                                file.tag(),
                                file.lookup() == null ? "" : file.lookup()))));
        return new Provenance(properties);
    }

    /// The number of the supplement that a commit has added; 0 if it has added the batch; -1 if the property is no
    /// number.
    public int supplement() {
        try {
            return Integer.parseInt(properties.getOrDefault(SUPPLEMENT, "0"));
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /// @param manifest of the batch
    /// @param sha256 of the manifest
    /// @throws FailureException permanent, if it is no manifest
    public static Provenance of(BatchId batch, String manifest, String sha256) {
        JsonNode root;
        try {
            root = JSON.readTree(manifest);
        } catch (JsonProcessingException e) {
            throw new FailureException(Failure.permanent("the manifest can't be read: " + e.getOriginalMessage()), e);
        }
        SortedMap<String, String> properties = new TreeMap<>();
        properties.put(BATCH, batch.value());
        properties.put(MANIFEST, sha256);
        JsonNode model = root.path("model");
        if (model.has("name")) {
            properties.put(
                    MODEL_VERSION,
                    model.path("name").asText() + "@" + model.path("version").asText());
        }
        put(properties, MODEL, model.path("sha256"));
        put(properties, LEDGER_HEAD, root.path("ledger").path("head"));
        JsonNode inputs = root.path("inputs");
        for (JsonNode input : inputs) {
            if (!input.has("lookup")) {
                put(properties, INPUT, input.path("snapshot"));
                put(properties, INPUT_TABLE, input.path("table"));
                put(properties, INPUT_SCHEMA, input.path("schema_id"));
                break;
            }
        }
        properties.put(
                INPUT_DIGEST,
                digest(StreamSupport.stream(inputs.spliterator(), false)
                        .map(input -> line(
                                input.path("path").asText(),
                                input.path("bytes").asText(),
                                input.path("rows").asText(),
                                input.path("tag").asText(),
                                input.path("lookup").asText()))));
        return new Provenance(properties);
    }

    /// The same for a supplement of the batch.
    ///
    /// @param number from 1
    public Provenance ofSupplement(int number) {
        SortedMap<String, String> more = new TreeMap<>(properties);
        more.put(SUPPLEMENT, String.valueOf(number));
        return new Provenance(more);
    }

    private static void put(SortedMap<String, String> properties, String name, JsonNode value) {
        if (value.isValueNode()) {
            properties.put(name, value.asText());
        }
    }

    /// The digest of the files, in the order of their paths. The tag of a data file contains its deletes.
    private static String digest(Stream<String> lines) {
        return Digests.sha256(lines.sorted().collect(Collectors.joining()).getBytes(StandardCharsets.UTF_8));
    }

    private static String line(Object path, Object bytes, Object rows, Object tag, Object lookup) {
        return "%s\t%s\t%s\t%s\t%s\n".formatted(path, bytes, rows, tag, lookup);
    }
}
