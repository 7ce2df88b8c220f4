package io.nightshift.nemesis.fault;

import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A destination whose folder no node sees, as if its share were unmounted. What a node writes meanwhile is below
/// the mount point: nobody sees it when the share is back.
final class LostDestination {

    private final Path folder;
    private final Path away;

    private LostDestination(Path folder) {
        this.folder = folder;
        this.away = folder.resolveSibling(folder.getFileName() + ".away");
    }

    /// Takes a folder away.
    ///
    /// @param isEmpty whether an empty folder is put in its place
    static LostDestination of(Path folder, boolean isEmpty) throws IOException {
        LostDestination lost = new LostDestination(folder);
        Files.move(folder, lost.away, StandardCopyOption.ATOMIC_MOVE);
        if (isEmpty) {
            Files.createDirectory(folder);
        }
        return lost;
    }

    /// Puts the folder back.
    void restore() throws IOException {
        Path below = folder.resolveSibling(folder.getFileName() + ".below");
        while (Files.exists(away)) {
            if (Files.exists(folder)) {
                new ScratchFolder(below).delete();
                Files.move(folder, below, StandardCopyOption.ATOMIC_MOVE);
            }
            try {
                Files.move(away, folder, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
                // A node has made a folder in between.
            }
        }
        new ScratchFolder(below).delete();
    }
}
