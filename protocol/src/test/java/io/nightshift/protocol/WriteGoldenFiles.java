package io.nightshift.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.ledger.GoldenEvents;
import io.nightshift.protocol.wire.GoldenMessages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Writes the golden files of events and messages to `src/test/resources/golden`. Not a test that the build
/// runs; call it by name:
///
/// ```
/// mvn -pl protocol -am test -Dtest='WriteGoldenFiles#missing' -Dsurefire.failIfNoSpecifiedTests=false
/// ```
///
/// `missing` writes the files that don't exist yet. `all` deletes every file and writes all of them anew;
/// that is right only while no release has written events or messages.
final class WriteGoldenFiles {

    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @Test
    void missing() throws IOException {
        writeMissing();
        assertThat(GOLDEN.resolve("wire/types.txt")).exists();
    }

    private static void writeMissing() throws IOException {
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Path path = GOLDEN.resolve(file.getKey());
            if (!Files.exists(path)) {
                Files.createDirectories(path.resolveSibling(""));
                Files.write(path, file.getValue());
            }
        }
    }

    @Test
    void all() throws IOException {
        try (Stream<Path> walk = Files.walk(GOLDEN)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        writeMissing();
        assertThat(GOLDEN.resolve("wire/types.txt")).exists();
    }

    private static Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>(GoldenEvents.files());
        GoldenMessages.files().forEach((name, bytes) -> files.put("wire/" + name, bytes));
        return files;
    }
}
