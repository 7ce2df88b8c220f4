package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.source.SourcePins;
import io.nightshift.storage.source.files.FileKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/// What the first and last bytes of a Parquet file tell.
final class ParquetFiles {

    static final FileKind KIND = FileKind.of(".parquet");

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /// The magic of a file whose footer is encrypted.
    private static final byte[] ENCRYPTED = "PARE".getBytes(StandardCharsets.US_ASCII);

    /// The footer's length and the magic, at the end of a file.
    private static final long TAIL_BYTES = 8;

    private ParquetFiles() {}

    /// Whether a file is a whole Parquet file. One that is being written is not.
    static boolean isWhole(Path file) {
        try {
            checkMagic(file);
            return true;
        } catch (FailureException e) {
            return false;
        }
    }

    /// Refuses a file that is not a whole Parquet file, with a clearer message than a library gives.
    static void checkMagic(Path file) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long length = in.length();
            if (length == 0) {
                throw FailureException.permanent("source: %s is empty (0 bytes)".formatted(file));
            }
            if (length >= 12 && Arrays.equals(read(in, 0), ENCRYPTED)) {
                throw FailureException.permanent(
                        "source: %s is an encrypted Parquet file, which Nightshift can't read; write it without encryption, for example on an encrypted disk"
                                .formatted(file));
            }
            if (length < 12 || !Arrays.equals(read(in, 0), MAGIC)) {
                throw FailureException.permanent("source: %s is not a Parquet file".formatted(file));
            }
            if (!Arrays.equals(read(in, length - MAGIC.length), MAGIC)) {
                throw FailureException.permanent(
                        "source: %s is truncated: it does not end in a Parquet footer".formatted(file));
            }
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
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
            throw SourcePins.unreadable(file, e);
        }
    }

    private static byte[] read(RandomAccessFile in, long position) throws IOException {
        byte[] bytes = new byte[MAGIC.length];
        in.seek(position);
        in.readFully(bytes);
        return bytes;
    }
}
