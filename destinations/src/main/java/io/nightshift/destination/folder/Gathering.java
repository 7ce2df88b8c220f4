package io.nightshift.destination.folder;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The folders in which coordinators gather a batch's committed files, next to `attempts`. `output-N` belongs
/// to incarnation N, which renames it to publish the batch. A later coordinator renames those of all earlier
/// ones to `gathered-N-…`. So a coordinator that was thought dead, and wakes up in the middle of publishing,
/// finds no folder to write to and none to rename.
///
/// A coordinator makes its own folder before it looks for others'. Of two that do so at once, at least one
/// sees the other, and the earlier one gives way.
final class Gathering {

    private static final Pattern OUTPUT = Pattern.compile("output-(\\d+)");
    private static final Pattern GATHERED = Pattern.compile("gathered-(\\d+)-\\d+");

    private Gathering() {}

    /// Makes the folder of an incarnation, and renames those of earlier ones.
    ///
    /// @param staged the batch's folder, which must exist
    /// @throws FailureException if a later incarnation has made its folder, or this node does not see the batch's
    ///     folder
    static Path claim(Path staged, int incarnation) throws IOException {
        Path own = staged.resolve("output-" + incarnation);
        try {
            Files.createDirectory(own);
        } catch (FileAlreadyExistsException e) {
            // Made before a crash, or by an earlier call.
        } catch (NoSuchFileException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.MOUNT,
                            staged.toString(),
                            "the staged output %s is not there. If this node lacks the file system, mount it; if the output was deleted, start over with --new"
                                    .formatted(staged)),
                    e);
        }
        for (Path other : folders(staged, OUTPUT)) {
            if (number(other, OUTPUT) > incarnation) {
                throw new FailureException(
                        Failure.transientFailure("a later coordinator publishes the batch, in " + other));
            }
            if (number(other, OUTPUT) < incarnation) {
                putAside(other);
            }
        }
        return own;
    }

    /// Whether an attempt or a coordinator has left something. A coordinator whose node lacks the file system may
    /// have made the folder of the attempts, but no attempt of another node has written there.
    static boolean holdsOutput(Path staged) throws IOException {
        if (!Folders.isThere(staged)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(staged)) {
            if (entries.anyMatch(entry -> !entry.endsWith(BatchFolders.ATTEMPTS))) {
                return true;
            }
        }
        Path attempts = staged.resolve(BatchFolders.ATTEMPTS);
        if (!Folders.isThere(attempts)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(attempts)) {
            return entries.findAny().isPresent();
        }
    }

    /// Whether a coordinator of a later incarnation has made its folder.
    static boolean isClaimedAfter(Path staged, int incarnation) throws IOException {
        return folders(staged, OUTPUT).stream().anyMatch(other -> number(other, OUTPUT) > incarnation);
    }

    /// Whether there is something that [#clear] should have removed.
    static boolean isLeft(Path staged, int incarnation) throws IOException {
        return Folders.isThere(staged) && !isClaimedAfter(staged, incarnation);
    }

    /// Removes what attempts have staged, and what coordinators up to an incarnation have gathered, unless a later
    /// one has claimed the batch. The attempts are moved to the coordinator's own folder first. A later coordinator
    /// renames that folder, so whenever this one wakes up, it removes nothing of a later one.
    static void clear(Path staged, int incarnation) throws IOException {
        if (!Files.exists(staged) || isClaimedAfter(staged, incarnation)) {
            return;
        }
        Path own;
        try {
            own = claim(staged, incarnation);
        } catch (FailureException _) {
            // A later coordinator has claimed the batch meanwhile, or has removed the folder.
            return;
        }
        clear(staged, incarnation, own);
    }

    /// @param own the folder that the coordinator has claimed
    static void clear(Path staged, int incarnation, Path own) throws IOException {
        take(staged.resolve(BatchFolders.ATTEMPTS), own.resolve("discarded"));
        for (Path gathered : folders(staged, GATHERED)) {
            if (number(gathered, GATHERED) <= incarnation) {
                Folders.deleteTree(gathered);
            }
        }
        Folders.deleteTree(own);
        try {
            Files.deleteIfExists(staged);
        } catch (DirectoryNotEmptyException _) {
            // A later coordinator has claimed the batch meanwhile.
        }
    }

    /// Moves a file or a folder to the folder of a coordinator, if it is there.
    ///
    /// @param target in a folder that the coordinator has claimed
    /// @throws NoSuchFileException if a later coordinator has renamed that folder
    static void take(Path source, Path target) throws IOException {
        Folders.deleteTree(target);
        try {
            Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            if (!Files.isDirectory(Objects.requireNonNull(target.getParent()))) {
                throw e;
            }
        }
    }

    private static void putAside(Path output) throws IOException {
        int incarnation = number(output, OUTPUT);
        for (int i = 0; ; i++) {
            Path gathered = output.resolveSibling("gathered-" + incarnation + "-" + i);
            if (!Files.exists(gathered)) {
                try {
                    Files.move(output, gathered, StandardCopyOption.ATOMIC_MOVE);
                } catch (NoSuchFileException _) {
                    // Another coordinator has renamed the folder, or its own has published it.
                }
                return;
            }
        }
    }

    /// Where any coordinator has gathered a file, the latest first.
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
