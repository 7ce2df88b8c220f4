package io.nightshift.destination.folder;

import io.nightshift.destination.FileNames;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// The files of one batch at its destination, for those who compare them with the ledger. Changes nothing;
/// blocking. Every call may throw a [FailureException] if the destination can't be read.
public interface BatchFiles {

    /// The kind of place that holds a published batch: `folder` or `prefix`.
    String kind();

    /// The place that readers read, as in [io.nightshift.destination.Publication#destination()].
    String published();

    /// Whether readers see the batch.
    boolean isPublished();

    /// The names of all files below [#published], and those of folders with `/` at the end; empty if there is
    /// nothing.
    List<String> names() throws IOException;

    /// A file below [#published], which may be missing.
    WrittenFile file(String name);

    /// A committed file of a batch that isn't published, which may be missing.
    WrittenFile unpublished(FileNames.Committed file);

    /// Where the batch is staged, for people.
    String staging();

    /// Something that is staged, or that was left behind in [#staging]; empty if there is nothing.
    Optional<String> staged();
}
