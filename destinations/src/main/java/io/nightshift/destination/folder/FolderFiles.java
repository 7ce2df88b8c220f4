package io.nightshift.destination.folder;

import io.nightshift.destination.FileNames;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The files of a batch in a destination that is a folder.
///
/// @param roots of the files that may be read
record FolderFiles(BatchFolders folders, FileRoots roots) implements BatchFiles {

    @Override
    public String kind() {
        return "folder";
    }

    @Override
    public String published() {
        return folders.published().toString();
    }

    @Override
    public boolean isPublished() {
        return Files.isDirectory(folders.published());
    }

    @Override
    public List<String> names() throws IOException {
        if (!isPublished()) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folders.published())) {
            return files.skip(1).map(this::name).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private String name(Path path) {
        String name = folders.published().relativize(path).toString();
        return Files.isDirectory(path) ? name + "/" : name;
    }

    @Override
    public WrittenFile file(String name) {
        return new DiskFile(folders.published().resolve(name), roots);
    }

    @Override
    public WrittenFile unpublished(FileNames.Committed file) {
        Path path;
        try {
            path = folders.unpublished(file.name(), file.stagedName());
        } catch (IOException e) {
            // That it can't be found is a finding.
            path = folders.attempts().resolve(file.stagedName());
        }
        return new DiskFile(path, roots);
    }

    @Override
    public String staging() {
        return folders.staged().toString();
    }

    @Override
    public Optional<String> staged() {
        return Files.exists(folders.staged()) ? Optional.of(staging()) : Optional.empty();
    }
}
