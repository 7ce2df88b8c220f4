package io.nightshift.cli.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareJarsTest {

    private static final String LIBRARY = "library.jar";
    private static final String PROGRAM = "nightshift-cli.jar";

    @TempDir
    private Path folder;

    /// A jar of one file, made at a given time.
    private Path jar(String name, String content, String time) throws IOException {
        Path jar = folder.resolve(name);
        Files.createDirectories(jar.getParent());
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream out = new ZipOutputStream(file)) {
            ZipEntry entry = new ZipEntry("content");
            entry.setTime(0);
            out.putNextEntry(entry);
            out.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return Files.setLastModifiedTime(jar, FileTime.from(Instant.parse(time)));
    }

    private Path build(String name, String program, String time) throws IOException {
        jar(name + "/" + LIBRARY, "a library", time);
        Path lib = folder.resolve(name);
        PrepareJars.main(new String[] {
            lib.toString(), jar(name + "-program.jar", program, time).toString(), PROGRAM
        });
        return lib;
    }

    @Test
    void aStartUpCacheFitsEveryBuildWithTheSameJarsOnly() throws IOException {
        Path first = build("first", "the program", "2026-11-24T00:00:00Z");
        Path same = build("same", "the program", "2026-11-25T12:00:00Z");
        Path other = build("other", "the pr0gram", "2026-11-24T00:00:00Z");

        for (String jar : new String[] {LIBRARY, PROGRAM}) {
            assertThat(Files.getLastModifiedTime(same.resolve(jar)))
                    .as(jar)
                    .isEqualTo(Files.getLastModifiedTime(first.resolve(jar)));
        }
        assertThat(Files.getLastModifiedTime(other.resolve(LIBRARY)))
                .isEqualTo(Files.getLastModifiedTime(first.resolve(LIBRARY)));
        assertThat(Files.size(other.resolve(PROGRAM))).isEqualTo(Files.size(first.resolve(PROGRAM)));
        assertThat(Files.getLastModifiedTime(other.resolve(PROGRAM)))
                .isNotEqualTo(Files.getLastModifiedTime(first.resolve(PROGRAM)));
    }
}
