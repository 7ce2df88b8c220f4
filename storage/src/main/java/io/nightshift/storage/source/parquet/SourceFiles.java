package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The files that a job's paths name: a file, every Parquet file below a folder, or what a glob
/// matches. Names that begin with `_` or `.` are skipped in folders, as other readers do.
final class SourceFiles {

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /// The footer's length and the magic, at the end of a file.
    private static final long TAIL_BYTES = 8;

    private SourceFiles() {}

    /// @return absolute paths, sorted, each once; at least one for each of `paths`
    /// @throws FailureException if a path names nothing or can't be listed
    static List<Path> expand(List<String> paths) {
        SequencedSet<Path> files = new TreeSet<>();
        for (String path : paths) {
            files.addAll(expand(path));
        }
        return List.copyOf(files);
    }

    private static List<Path> expand(String text) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (Files.isDirectory(path)) {
            List<Path> files =
                    walk(path, file -> isData(path, file) && file.toString().endsWith(".parquet"));
            if (files.isEmpty()) {
                throw FailureException.permanent("source: there is no .parquet file in the folder " + path);
            }
            return files;
        }
        int firstWildcard = firstWildcard(path);
        if (firstWildcard < 0) {
            throw FailureException.permanent("source: there is no file " + path);
        }
        Path base = path.getRoot().resolve(path.subpath(0, Math.max(1, firstWildcard)));
        if (firstWildcard == 0 || !Files.isDirectory(base)) {
            throw FailureException.permanent("source: there is no folder for " + path);
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path);
        List<Path> files = walk(base, file -> isData(base, file) && matcher.matches(file));
        if (files.isEmpty()) {
            throw FailureException.permanent("source: no file matches " + path);
        }
        return files;
    }

    private static int firstWildcard(Path path) {
        for (int i = 0; i < path.getNameCount(); i++) {
            if (path.getName(i).toString().matches(".*[*?\\[{].*")) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isData(Path base, Path file) {
        for (Path name : base.relativize(file)) {
            if (name.toString().startsWith("_") || name.toString().startsWith(".")) {
                return false;
            }
        }
        return true;
    }

    private static List<Path> walk(Path base, java.util.function.Predicate<Path> wanted) {
        try (Stream<Path> walk = Files.walk(base)) {
            return walk.filter(Files::isRegularFile).filter(wanted).toList();
        } catch (IOException | UncheckedIOException e) {
            throw FailureException.permanent("source: %s can't be listed: %s".formatted(base, e.getMessage()));
        }
    }

    /// Refuses a file that is not a whole Parquet file, with a clearer message than a library gives.
    static void checkMagic(Path file) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long length = in.length();
            if (length == 0) {
                throw FailureException.permanent("source: %s is empty (0 bytes)".formatted(file));
            }
            if (length < 12 || !Arrays.equals(read(in, 0), MAGIC)) {
                throw FailureException.permanent("source: %s is not a Parquet file".formatted(file));
            }
            if (!Arrays.equals(read(in, length - MAGIC.length), MAGIC)) {
                throw FailureException.permanent(
                        "source: %s is truncated: it does not end in a Parquet footer".formatted(file));
            }
        } catch (IOException e) {
            throw FailureException.permanent("source: %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    /// Refuses a file that lost bytes in its middle: then its footer, which is at the end, lists data beyond
    /// the footer's own beginning.
    ///
    /// @param end of a row group's data, as the footer gives it
    static void checkHolds(Path file, long end) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long length = in.length();
            int footer = ByteBuffer.wrap(read(in, length - TAIL_BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (end > length - TAIL_BYTES - footer) {
                throw FailureException.permanent(
                        "source: %s is truncated: it is shorter than its Parquet footer says".formatted(file));
            }
        } catch (IOException e) {
            throw FailureException.permanent("source: %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    private static byte[] read(RandomAccessFile in, long position) throws IOException {
        byte[] bytes = new byte[MAGIC.length];
        in.seek(position);
        in.readFully(bytes);
        return bytes;
    }
}
