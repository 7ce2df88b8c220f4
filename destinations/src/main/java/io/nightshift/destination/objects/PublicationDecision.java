package io.nightshift.destination.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A decision to publish, with everything that any process needs to carry it out.
///
/// @param job the name of the batch's job
/// @param manifest the content of the manifest
/// @param copies the committed objects
/// @param texts further published objects by their names, with their content
/// @param supplement the number of the supplement, from 1; 0 if it is the batch itself that is published
/// @param superseded the names of published objects that the supplement replaces
record PublicationDecision(
        String job,
        String manifest,
        List<Copy> copies,
        Map<String, String> texts,
        int supplement,
        List<String> superseded) {

    /// An object that is copied.
    ///
    /// @param name below the published prefix
    /// @param staged its name among the attempts
    /// @param bytes its length
    record Copy(String name, String staged, long bytes) {}

    PublicationDecision {
        copies = List.copyOf(copies);
        texts = new LinkedHashMap<>(texts);
        superseded = List.copyOf(superseded);
    }

    void write(ObjectNode json) {
        json.put("job", job);
        json.put("manifest", manifest);
        ArrayNode files = json.putArray("copies");
        for (Copy copy : copies) {
            files.addObject()
                    .put("name", copy.name())
                    .put("staged", copy.staged())
                    .put("bytes", copy.bytes());
        }
        ObjectNode others = json.putObject("texts");
        texts.forEach(others::put);
        json.put("supplement", supplement);
        ArrayNode replaced = json.putArray("superseded");
        superseded.forEach(replaced::add);
    }

    static PublicationDecision read(JsonNode json) {
        List<Copy> copies = new ArrayList<>();
        for (JsonNode copy : json.path("copies")) {
            copies.add(new Copy(
                    copy.path("name").asText(),
                    copy.path("staged").asText(),
                    copy.path("bytes").asLong()));
        }
        Map<String, String> texts = new LinkedHashMap<>();
        json.path("texts")
                .properties()
                .forEach(text -> texts.put(text.getKey(), text.getValue().asText()));
        List<String> superseded = new ArrayList<>();
        json.path("superseded").forEach(name -> superseded.add(name.asText()));
        return new PublicationDecision(
                json.path("job").asText(),
                json.path("manifest").asText(),
                copies,
                texts,
                json.path("supplement").asInt(),
                superseded);
    }
}
