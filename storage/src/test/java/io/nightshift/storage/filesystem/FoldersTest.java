package io.nightshift.storage.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FoldersTest {

    @TempDir
    private Path folder;

    @Test
    void aFolderThatCanBeMadeHasNoObstacle() {
        assertThat(Folders.obstacle(folder)).isEmpty();
        assertThat(Folders.obstacle(folder.resolve("a/b/c"))).isEmpty();
    }

    @Test
    void aFileInTheWayIsNamed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThat(Folders.obstacle(file.resolve("predictions")))
                .contains("the destination %s/predictions can't be made: %s is a file, not a folder"
                        .formatted(file, file));
    }

    @Test
    void aLinkToNothingIsNamed() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));

        assertThat(Folders.obstacle(link))
                .contains("the destination %s can't be made: %s is a link to something that does not exist"
                        .formatted(link, link));
    }

    @Test
    void aReadOnlyFileSystemIsCalledThat() throws IOException {
        Path archive = folder.resolve("archive.zip");
        try (FileSystem made = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            Files.createDirectory(made.getPath("/data"));
        }
        try (FileSystem readOnly = FileSystems.newFileSystem(archive, Map.of("accessMode", "readOnly"))) {
            assertThat(Folders.obstacle(readOnly.getPath("/data/predictions")))
                    .contains(
                            "the destination /data/predictions can't be written: the file system of /data is mounted read-only");
        }
    }

    @Test
    void aMissingPermissionNamesTheUserAndTheOwner() {
        assertThat(Folders.obstacle(folder, new Folders.Space(false, 1), false))
                .get()
                .asString()
                .startsWith("this user (%s) has no permission to write in %s (owner "
                        .formatted(System.getProperty("user.name"), folder))
                .endsWith(", permissions rwx------)");
    }

    @Test
    void aFullFileSystemIsCalledThat() {
        assertThat(Folders.obstacle(folder, new Folders.Space(false, 0), true))
                .contains("the file system of %s has no space left for this user".formatted(folder));
    }
}
