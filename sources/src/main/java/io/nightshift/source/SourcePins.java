package io.nightshift.source;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Pins the identity of input files, and compares it with what is there later. This is the one place that
/// knows how an identity is compared. A local file's identity is its length, its modification time and its
/// tag.
///
/// The length and the time alone miss a file that was replaced by another one of the same length and time, as
/// `rsync -t` and `cp -p` can do. The tag finds it, because the footer of a Parquet file holds the position
/// and the statistics of each of its columns.
public final class SourcePins {

    /// The difference of a file that does not exist.
    public static final List<String> GONE = List.of("it is gone");

    private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /// The length of the footer and the magic bytes, which end a Parquet file.
    private static final int TRAILER = Integer.BYTES + PARQUET.length;

    /// The end of a file that is not Parquet, and the least of one that is.
    private static final int TAIL = 64 * 1024;

    private static final int LARGEST_FOOTER = 256 * 1024 * 1024;

    private SourcePins() {}

    /// Pins a file as it is now.
    ///
    /// @param rows the number of rows that the file holds
    /// @throws IOException if the file can't be read
    public static SourceFile pin(Path file, long rows) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new SourceFile(
                file.toString(),
                attributes.size(),
                attributes.lastModifiedTime().toInstant(),
                rows,
                tag(file));
    }

    /// Pins a file as it is now, and opens it once.
    ///
    /// @throws IOException if the file can't be read
    public static PinnedTail pinTail(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] head = new byte[(int) Math.min(in.length(), PARQUET.length)];
            in.readFully(head);
            byte[] tail = tail(in);
            SourceFile pinned = new SourceFile(
                    file.toString(),
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant(),
                    0,
                    tag(tail));
            return new PinnedTail(pinned, head, tail);
        }
    }

    /// The identity of a whole source: a digest of the pins of its files.
    ///
    /// @param files all files of the source, in order
    /// @return 64 hexadecimal digits
    public static String identity(List<InspectedFile> files) {
        MessageDigest digest = sha256();
        for (InspectedFile inspected : files) {
            SourceFile file = inspected.file();
            String line = "%s\t%d\t%s\t%s\n".formatted(file.path(), file.bytes(), file.modified(), file.tag());
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// The identity of files by what a look at their folder says: paths, lengths and modification times.
    ///
    /// @param files in order
    /// @return 64 hexadecimal digits
    public static String digest(Collection<FileVersion> files) {
        MessageDigest digest = sha256();
        for (FileVersion file : files) {
            String tag = file.tag() == null ? "" : "\t" + file.tag();
            String line = "%s\t%d\t%s%s\n".formatted(file.path(), file.bytes(), file.modified(), tag);
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Compares local files with their pins.
    ///
    /// @throws FailureException as [#check(BatchId, List, PinComparison)]
    public static void check(BatchId batch, List<SourceFile> files) {
        check(batch, files, PinComparison.FILES);
    }

    /// @param comparison of the files' source
    /// @throws FailureException permanent, naming the first file that has changed, and what changed;
    ///     transient if a file can't be read
    public static void check(BatchId batch, List<SourceFile> files, PinComparison comparison) {
        Lookahead<SourceFile, List<String>> comparisons =
                new Lookahead<>(files, comparison::waitsForNetwork, comparison::differences);
        for (SourceFile file : files) {
            try {
                List<String> differences = comparisons.next();
                if (differences.equals(GONE)) {
                    throw missing(file.path(), "source: %s: it is gone".formatted(file.path()));
                }
                if (!differences.isEmpty()) {
                    throw FailureException.permanent(
                            "the input changed since %s was planned: %s: %s. Put the file back as it was and run again, or start over with --new"
                                    .formatted(batch, file.path(), String.join(", ", differences)));
                }
            } catch (IOException e) {
                throw unreadable(file.path(), e);
            }
        }
    }

    /// The first local file that has changed, and what changed, in words.
    public static Optional<String> change(List<SourceFile> files) {
        return change(files, PinComparison.FILES);
    }

    /// The first file that has changed, and what changed, in words.
    ///
    /// @param comparison of the files' source
    public static Optional<String> change(List<SourceFile> files, PinComparison comparison) {
        Lookahead<SourceFile, List<String>> comparisons =
                new Lookahead<>(files, comparison::waitsForNetwork, comparison::differences);
        for (SourceFile file : files) {
            List<String> differences;
            try {
                differences = comparisons.next();
            } catch (IOException e) {
                differences = List.of("it can't be read (" + e.getMessage() + ")");
            }
            if (!differences.isEmpty()) {
                return Optional.of(file.path() + ": " + String.join(", ", differences));
            }
        }
        return Optional.empty();
    }

    /// The failure to read an input file. A file that is missing or may not be read is this node's problem until
    /// another node confirms it.
    public static FailureException unreadable(Path file, IOException e) {
        return unreadable(file.toString(), e);
    }

    /// As [#unreadable(Path, IOException)].
    ///
    /// @param file its path or address
    public static FailureException unreadable(String file, IOException e) {
        if (e.getCause() instanceof FailureException known) {
            return known;
        }
        boolean isRefused = e instanceof AccessDeniedException;
        String message = "source: %s can't be read: %s"
                .formatted(
                        file,
                        isRefused
                                ? "permission denied"
                                : e instanceof NoSuchFileException ? "it does not exist" : e.getMessage());
        return isRefused || e instanceof NoSuchFileException
                ? missing(file, message)
                : new FailureException(Failure.of(FailedResource.Type.STORAGE, file, message), e);
    }

    /// The failure of an input file that this node does not see.
    public static FailureException missing(Path file, String message) {
        return missing(file.toString(), message);
    }

    /// The failure of an input file that this node does not see.
    ///
    /// @param file its path or address
    public static FailureException missing(String file, String message) {
        return new FailureException(Failure.of(FailedResource.Type.INPUT, file, message));
    }

    /// The differences between a file's pinned identity and the present file, in words; empty if there is
    /// none.
    ///
    /// @throws IOException if the file can't be read
    public static List<String> differences(SourceFile file) throws IOException {
        List<String> differences = attributeDifferences(file);
        if (!differences.isEmpty()) {
            return differences;
        }
        try {
            return tag(Path.of(file.path())).equals(file.tag())
                    ? List.of()
                    : List.of("its content is different, although its length and modification time are the same");
        } catch (NoSuchFileException e) {
            return GONE;
        }
    }

    /// Like [#differences(SourceFile)], but compares only the length and the modification time, which does
    /// not open the file.
    ///
    /// @throws IOException if the file's attributes can't be read
    public static List<String> attributeDifferences(SourceFile file) throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(Path.of(file.path()), BasicFileAttributes.class);
            return file.differences(now.size(), now.lastModifiedTime().toInstant());
        } catch (NoSuchFileException e) {
            return GONE;
        }
    }

    /// The digest of a Parquet file's footer, at least of the file's last 64 KiB.
    private static String tag(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            return tag(tail(in));
        }
    }

    private static String tag(byte[] tail) {
        return HexFormat.of().formatHex(sha256().digest(tail)).substring(0, SourceFile.TAG_DIGITS);
    }

    private static byte[] tail(RandomAccessFile in) throws IOException {
        byte[] tail = tail(in, TAIL);
        if (tail.length >= TRAILER
                && Arrays.equals(tail, tail.length - PARQUET.length, tail.length, PARQUET, 0, PARQUET.length)) {
            int footer = ByteBuffer.wrap(tail, tail.length - TRAILER, Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (footer > TAIL - TRAILER && footer <= LARGEST_FOOTER) {
                return tail(in, footer + TRAILER);
            }
        }
        return tail;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static byte[] tail(RandomAccessFile in, int bytes) throws IOException {
        long length = in.length();
        byte[] tail = new byte[(int) Math.min(length, bytes)];
        in.seek(length - tail.length);
        in.readFully(tail);
        return tail;
    }
}
