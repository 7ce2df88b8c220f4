package io.nightshift.destination.folder;

import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The paths of a batch's files below a destination's folder.
///
/// ```
/// DESTINATION/.staging/batch=ID/attempts/   what workers write, one file an attempt
/// DESTINATION/.staging/batch=ID/output-N/   committed files, then manifest and _SUCCESS
/// DESTINATION/batch=ID/                     is `output-N`, renamed: readers see nothing, or all
/// DESTINATION/.quarantine/batch=ID/         the quarantined rows of a cancelled batch
/// DESTINATION/.removed/batch=ID/            was `batch=ID`: a batch that is removed, until its files are
/// deleted
/// DESTINATION/.nightshift                   tells the destination from a folder without its file system
/// ```
///
/// @param folder the destination's
public record BatchFolders(Path folder, BatchId batch) {

    /// The file that says what a published batch consists of.
    public static final String MANIFEST = "_manifest.json";

    /// The empty file that says a folder is whole.
    public static final String SUCCESS = "_SUCCESS";

    /// The name of the folder in which workers write.
    static final String ATTEMPTS = "attempts";

    /// The beginning of the name of a published batch's folder.
    static final String PREFIX = "batch=";

    /// The folder that readers see.
    public Path published() {
        return folder.resolve(PREFIX + batch);
    }

    /// The folder of all batches that are not published.
    Path stagingRoot() {
        return stagingRoot(folder);
    }

    static Path stagingRoot(Path folder) {
        return folder.resolve(".staging");
    }

    /// The folder that is there while the batch is not published.
    public Path staged() {
        return stagingRoot().resolve("batch=" + batch);
    }

    /// The folder in which workers write.
    public Path attempts() {
        return staged().resolve(ATTEMPTS);
    }

    /// The folder to which staged files are moved before they are deleted.
    Path discarded() {
        return stagingRoot().resolve("discarded=" + batch);
    }

    /// The folder of all batches that readers no longer see.
    Path removedRoot() {
        return folder.resolve(".removed");
    }

    /// Where the folder of a published batch stays from its removal until its files are deleted.
    Path removed() {
        return removedRoot().resolve(PREFIX + batch);
    }

    /// The mark: a file that is created before the first batch is published, and never deleted. It distinguishes
    /// the destination from an empty mount point, on a node that has not mounted the file system.
    public Path marker() {
        return folder.resolve(".nightshift");
    }

    /// Where the quarantined rows of a cancelled batch stay.
    Path keptQuarantine() {
        return folder.resolve(".quarantine").resolve("batch=" + batch);
    }

    /// The quarantine file of a committed attempt, wherever it is now.
    ///
    /// @param name its published name
    /// @param stagedAs its name among the attempts
    Path quarantine(String name, String stagedAs) throws IOException {
        for (Path folderOfAll : List.of(published(), keptQuarantine())) {
            if (Files.exists(folderOfAll.resolve(name))) {
                return folderOfAll.resolve(name);
            }
        }
        return unpublished(name, stagedAs);
    }

    /// A committed file of a batch that isn't published: as it was staged, or gathered under its published
    /// name.
    ///
    /// @param name its published name
    /// @param stagedAs its name among the attempts
    Path unpublished(String name, String stagedAs) throws IOException {
        Path attempt = attempts().resolve(stagedAs);
        if (Files.exists(attempt) || !Files.exists(staged())) {
            return attempt;
        }
        List<Path> gathered = Gathering.find(staged(), name);
        return gathered.isEmpty() ? attempt : gathered.getFirst();
    }
}
