package io.nightshift;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The formatter breaks a comment line that is too wide for it, and leaves one word alone on the next line. So no
/// comment may be that wide.
final class SourceCommentsTest {

    private static final int MAX_WIDTH = 116;

    @Test
    void noCommentIsSoWideThatTheFormatterBreaksIt() throws IOException {
        List<String> wide = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path sources : modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(sources)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(file -> wide.addAll(wide(file)));
                }
            }
        }

        assertThat(wide)
                .as("comment lines of more than %d characters", MAX_WIDTH)
                .isEmpty();
    }

    private static List<String> wide(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            List<String> wide = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).strip().startsWith("//") && lines.get(i).length() > MAX_WIDTH) {
                    wide.add("%s:%d".formatted(file, i + 1));
                }
            }
            return wide;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
