package io.nightshift.source.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyFolderTest {

    @TempDir
    Path parent = Path.of("");

    @Test
    void twoFoldersOfOneProcessLeaveEachOtherAlone() throws IOException {
        try (CopyFolder first = new CopyFolder(parent, 1);
                CopyFolder second = new CopyFolder(parent, 1)) {
            Path copy = Files.writeString(first.newFile("lake/part.parquet"), "copy");
            assertThat(second.newFile("lake/part.parquet")).doesNotExist();
            assertThat(copy).hasContent("copy");
        }
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void theFolderOfAProcessThatHasEndedIsDeleted() throws IOException {
        Path abandoned = Files.createDirectory(parent.resolve("process-1"));
        Files.createFile(abandoned.resolve("lock"));
        Files.writeString(abandoned.resolve("copy"), "copy");
        try (CopyFolder folder = new CopyFolder(parent, 1)) {
            folder.newFile("lake/part.parquet");
            assertThat(abandoned).doesNotExist();
        }
    }
}
