package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlainCopiesTest {

    private static final byte[] TEXT = "id\n1\n".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    @Test
    void otherUsersCanNotReadTheCopies() throws IOException {
        Path local = folder.resolve("a.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(local))) {
            out.write(TEXT);
        }
        SourceFile file = new SourceFile(local.toString(), Files.size(local), Instant.EPOCH, 1, "");
        Encoding encoding = Encoding.of("utf-8");
        PlainCopies copies = new PlainCopies();

        copies.hold(
                file,
                local,
                new TextSchema(Map.of("id", "BIGINT"), List.of(), Map.of(), Compression.GZIP, TEXT.length, ""),
                encoding,
                folder.resolve("scratch"));

        Path copy = copies.find(file, encoding);
        assertThat(copy).hasBinaryContent(TEXT);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy.getParent())))
                .isEqualTo("rwx------");
    }
}
