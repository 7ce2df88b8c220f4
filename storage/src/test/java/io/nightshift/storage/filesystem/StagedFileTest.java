package io.nightshift.storage.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFileTest {

    @Test
    void theSealIsTheFilesLengthAndDigest(@TempDir Path folder) throws IOException, NoSuchAlgorithmException {
        Path path = folder.resolve("part");
        for (int length : new int[] {0, 1, 65_536, 200_001}) {
            byte[] content = new byte[length];
            new Random(length).nextBytes(content);
            Files.write(path, content);
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            assertThat(new StagedFile(path).seal(7)).isEqualTo(new OutputFile(7, length, digest));
        }
    }

    @Test
    void deletingTwiceIsDeletingOnce(@TempDir Path folder) throws IOException {
        Path path = Files.createFile(folder.resolve("part"));
        StagedFile staged = new StagedFile(path);
        staged.delete();
        assertThat(path).doesNotExist();
        assertThatCode(staged::delete).doesNotThrowAnyException();
    }
}
