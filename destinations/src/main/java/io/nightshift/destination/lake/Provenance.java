package io.nightshift.destination.lake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/// Where the rows of a batch come from, in the words of its manifest. A table keeps it with the commit that
/// shows the batch, so that somebody who has only the table finds the batch, its model and its input.
///
/// @param properties by short names, such as `model-sha256`
public record Provenance(SortedMap<String, String> properties) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public Provenance {
        properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    /// @param manifest of a batch
    /// @param sha256 of the manifest
    /// @throws FailureException permanent, if it is no manifest
    static Provenance of(String manifest, String sha256) {
        JsonNode root;
        try {
            root = JSON.readTree(manifest);
        } catch (JsonProcessingException e) {
            throw new FailureException(Failure.permanent("the manifest can't be read: " + e.getOriginalMessage()), e);
        }
        SortedMap<String, String> properties = new TreeMap<>();
        properties.put("manifest-sha256", sha256);
        put(properties, "model-sha256", root.path("model").path("sha256"));
        put(properties, "ledger-head", root.path("ledger").path("head"));
        JsonNode inputs = root.path("inputs");
        for (JsonNode input : inputs) {
            if (!input.has("lookup")) {
                put(properties, "input", input.path("snapshot"));
                break;
            }
        }
        properties.put("input-digest", digest(inputs));
        return new Provenance(properties);
    }

    private static void put(SortedMap<String, String> properties, String name, JsonNode value) {
        if (value.isTextual()) {
            properties.put(name, value.asText());
        }
    }

    /// The digest of the files, in the order of their paths. The tag of a data file contains its deletes.
    private static String digest(JsonNode inputs) {
        String lines = StreamSupport.stream(inputs.spliterator(), false)
                .map(input -> "%s\t%s\t%s\t%s\t%s\n"
                        .formatted(
                                input.path("path").asText(),
                                input.path("bytes").asText(),
                                input.path("rows").asText(),
                                input.path("tag").asText(),
                                input.path("lookup").asText()))
                .sorted()
                .collect(Collectors.joining());
        return Digests.sha256(lines.getBytes(StandardCharsets.UTF_8));
    }
}
