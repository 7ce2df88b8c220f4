package io.nightshift.coordinator.publish;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folders in which coordinators gather a batch's committed files, beside `attempts`:
/// `output-N` is that of incarnation N, which is renamed to be published. A later coordinator renames
/// those of all before it to `gathered-N-…`. So one that was thought dead, and wakes up in the middle
/// of publishing, finds nothing to write to and nothing to rename.
///
/// A coordinator makes its own folder before it looks for others'. Of two that do so at once, at least
/// one sees the other, and the earlier gives way.
final class Gathering {

    private static final Pattern OUTPUT = Pattern.compile("output-(\\d+)");
    private static final Pattern GATHERED = Pattern.compile("gathered-(\\d+)-\\d+");

    private Gathering() {}

    /// Makes the folder of an incarnation, and takes those of earlier ones away.
    ///
    /// @param staged the batch's folder, which must exist
    /// @throws FailureException if a later incarnation has made its folder
    static Path claim(Path staged, int incarnation) throws IOException {
        Path own = staged.resolve("output-" + incarnation);
        try {
            Files.createDirectory(own);
        } catch (FileAlreadyExistsException e) {
            // From before a crash, or an earlier try.
        } catch (NoSuchFileException e) {
            throw FailureException.permanent("the staged output %s is gone. Start over with --new".formatted(staged));
        }
        for (Path other : folders(staged, OUTPUT)) {
            if (number(other, OUTPUT) > incarnation) {
                throw new FailureException(
                        Failure.transientFailure("a later coordinator publishes the batch, in " + other));
            }
            if (number(other, OUTPUT) < incarnation) {
                takeAway(other);
            }
        }
        return own;
    }

    private static void takeAway(Path output) throws IOException {
        int incarnation = number(output, OUTPUT);
        for (int i = 0; ; i++) {
            Path gathered = output.resolveSibling("gathered-" + incarnation + "-" + i);
            if (!Files.exists(gathered)) {
                Files.move(output, gathered, StandardCopyOption.ATOMIC_MOVE);
                return;
            }
        }
    }

    /// Where a file has been gathered, under any coordinator, the latest first.
    static List<Path> find(Path staged, String name) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Pattern pattern : List.of(OUTPUT, GATHERED)) {
            for (Path folder : folders(staged, pattern)) {
                if (Files.exists(folder.resolve(name))) {
                    found.add(folder.resolve(name));
                }
            }
        }
        return found;
    }

    private static List<Path> folders(Path staged, Pattern pattern) throws IOException {
        try (Stream<Path> list = Files.list(staged)) {
            return list.filter(path ->
                            pattern.matcher(path.getFileName().toString()).matches())
                    .sorted(Comparator.comparingInt((Path path) -> number(path, pattern))
                            .reversed())
                    .toList();
        }
    }

    private static int number(Path folder, Pattern pattern) {
        Matcher matcher = pattern.matcher(folder.getFileName().toString());
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }
}
