package io.nightshift;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SourceCommentsTest {

    private static final int MAX_WIDTH = 116;
    private static final Pattern QUESTION = Pattern.compile("\\s*/// (What|Who|Of) .*");

    /// The formatter breaks a comment line that is too wide for it, and leaves one word alone on the next line.
    @Test
    void noCommentIsSoWideThatTheFormatterBreaksIt() throws IOException {
        assertThat(places("", line -> line.strip().startsWith("//") && line.length() > MAX_WIDTH))
                .as("comment lines of more than %d characters", MAX_WIDTH)
                .isEmpty();
    }

    /// A sentence that begins with the name of the thing is read once.
    @Test
    void noSentenceOfJavadocBeginsLikeAQuestion() throws IOException {
        assertThat(places("main", QUESTION.asMatchPredicate()))
                .as("Javadoc lines that begin with What, Who or Of")
                .isEmpty();
    }

    private static List<String> places(String folder, Predicate<String> isMeant) throws IOException {
        List<String> places = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path sources : modules.map(module -> module.resolve("src").resolve(folder))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(sources)) {
                    files.filter(file -> file.toString().endsWith(".java"))
                            .forEach(file -> places.addAll(places(file, isMeant)));
                }
            }
        }
        return places;
    }

    private static List<String> places(Path file, Predicate<String> isMeant) {
        try {
            List<String> lines = Files.readAllLines(file);
            List<String> places = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                if (isMeant.test(lines.get(i))) {
                    places.add("%s:%d".formatted(file, i + 1));
                }
            }
            return places;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
