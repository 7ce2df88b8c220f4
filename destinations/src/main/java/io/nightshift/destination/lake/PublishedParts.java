package io.nightshift.destination.lake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.destination.FileNames;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Files of a published batch with predictions: all of them, from its manifest, or those of a commit. Files
/// without rows are left out.
///
/// @param place of the files, as the table has it
public record PublishedParts(String place, BatchId batch, List<Part> parts) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// A file.
    ///
    /// @param name below the place
    /// @param rows how many it has
    /// @param bytes its length
    public record Part(String name, long rows, long bytes) {}

    public PublishedParts {
        parts = List.copyOf(parts);
    }

    /// @throws FailureException permanent, if the manifest is damaged
    public static PublishedParts of(String place, BatchId batch, String manifest) {
        List<Part> parts = new ArrayList<>();
        try {
            for (JsonNode part : JSON.readTree(manifest).path("parts")) {
                if (part.path("rows").asLong() > 0) {
                    parts.add(new Part(
                            part.path("file").asText(),
                            part.path("rows").asLong(),
                            part.path("bytes").asLong()));
                }
            }
        } catch (JsonProcessingException e) {
            throw FailureException.permanent("the manifest of %s in %s is damaged: %s. Start over with --new"
                    .formatted(batch, place, e.getOriginalMessage()));
        }
        return new PublishedParts(place, batch, parts);
    }

    /// The files of a commit.
    ///
    /// @param extension of the files
    public static PublishedParts of(String place, BatchId batch, PartitionCommit commit, String extension) {
        return new PublishedParts(
                place,
                batch,
                new FileNames(extension)
                        .of(batch, commit)
                        .filter(file -> file.holdsPredictions() && file.file().rows() > 0)
                        .map(file -> new Part(
                                file.name(), file.file().rows(), file.file().bytes()))
                        .toList());
    }

    /// The locations of all files.
    public Set<String> locations() {
        return parts.stream().map(this::location).collect(Collectors.toSet());
    }

    /// The location of a file.
    public String location(Part part) {
        return place + "/" + part.name();
    }
}
