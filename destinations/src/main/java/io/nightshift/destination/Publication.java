package io.nightshift.destination;

import io.nightshift.protocol.batch.PublishedOutput;
import io.nightshift.protocol.job.Destination;
import io.nightshift.storage.filesystem.Digests;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/// A batch that readers see.
///
/// @param destination what readers read: a folder, or a table
/// @param manifestSha256 of its manifest, as 64 hexadecimal digits
/// @param others the same at the further destinations of the job, in their order; empty if it has one
public record Publication(String destination, String manifestSha256, List<PublishedOutput> others) {

    public Publication {
        others = List.copyOf(others);
    }

    /// A batch at one destination.
    public Publication(String destination, String manifestSha256) {
        this(destination, manifestSha256, List.of());
    }

    /// A batch at one destination, whose manifest the destination keeps as a text.
    public static Publication of(Destination destination, String manifest) {
        return new Publication(destination.toString(), Digests.sha256(manifest.getBytes(StandardCharsets.UTF_8)));
    }

    /// A batch at several destinations.
    ///
    /// @param each at least one, each of one destination
    public static Publication of(List<Publication> each) {
        return new Publication(
                each.getFirst().destination(),
                each.getFirst().manifestSha256(),
                each.stream()
                        .skip(1)
                        .map(other -> new PublishedOutput(other.destination(), other.manifestSha256()))
                        .toList());
    }

    /// The batch at each destination.
    public List<Publication> each() {
        return Stream.concat(
                        Stream.of(new Publication(destination, manifestSha256)),
                        others.stream().map(other -> new Publication(other.destination(), other.manifest())))
                .toList();
    }
}
