package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.PinnedTail;
import io.nightshift.source.files.FileKind;
import io.nightshift.source.parquet.CompactReader.BrokenException;
import io.nightshift.source.parquet.ParquetFooter.EncryptedException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Refuses files that are not whole Parquet files, with a clearer message than a library gives.
final class ParquetFiles {

    static final FileKind KIND = FileKind.of(".parquet");

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /// The magic of a file whose footer is encrypted.
    private static final byte[] ENCRYPTED = "PARE".getBytes(StandardCharsets.US_ASCII);

    /// The magic twice, and the length of the footer.
    private static final int SHORTEST = 12;

    private ParquetFiles() {}

    /// The footer of a file.
    ///
    /// @throws FailureException naming the file, if it is not a whole Parquet file that can be read
    static ParquetFooter footer(PinnedTail file) {
        String path = file.file().path();
        byte[] tail = file.tail();
        if (tail.length == 0) {
            throw refusal("source: %s is empty (0 bytes)", path);
        }
        if (tail.length >= SHORTEST && Arrays.equals(file.head(), ENCRYPTED)) {
            throw encrypted(path);
        }
        if (tail.length < SHORTEST || !Arrays.equals(file.head(), MAGIC)) {
            throw refusal("source: %s is not a Parquet file", path);
        }
        if (!Arrays.equals(Arrays.copyOfRange(tail, tail.length - MAGIC.length, tail.length), MAGIC)) {
            throw refusal("source: %s is truncated: it does not end in a Parquet footer", path);
        }
        try {
            ParquetFooter footer = ParquetFooter.parse(tail);
            // Then the file lost bytes in its middle: its footer lists data beyond the footer's own beginning.
            if (footer.dataEnd() > file.file().bytes() - footer.bytes()) {
                throw refusal("source: %s is truncated: it is shorter than its Parquet footer says", path);
            }
            return footer;
        } catch (BrokenException e) {
            throw broken(path, String.valueOf(e.getMessage()));
        } catch (EncryptedException e) {
            throw encrypted(path);
        }
    }

    /// The refusal of a file whose footer can't be decoded.
    static FailureException broken(String path, String reason) {
        return FailureException.permanent("source: the Parquet footer of %s is broken: %s"
                .formatted(path, reason.replaceAll("\\bT\\w+Exception: ", "")));
    }

    private static FailureException encrypted(String path) {
        return refusal(
                "source: %s is an encrypted Parquet file, which Nightshift can't read; write it without encryption, for example on an encrypted disk",
                path);
    }

    private static FailureException refusal(String message, String path) {
        return FailureException.permanent(message.formatted(path));
    }
}
