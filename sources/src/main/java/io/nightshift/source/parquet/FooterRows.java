package io.nightshift.source.parquet;

import io.nightshift.source.parquet.CompactReader.BrokenException;
import io.nightshift.source.parquet.ParquetFooter.EncryptedException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// The number of rows of a Parquet file on a disk, by its footer.
public final class FooterRows {

    private FooterRows() {}

    /// @throws IOException if the file can't be read, or does not end in a footer
    public static long of(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            byte[] trailer = new byte[ParquetFooter.TRAILER];
            file.seek(file.length() - trailer.length);
            file.readFully(trailer);
            int footer = ByteBuffer.wrap(trailer).order(ByteOrder.LITTLE_ENDIAN).getInt();
            byte[] tail = new byte[Math.toIntExact(Math.min(file.length(), (long) footer + trailer.length))];
            file.seek(file.length() - tail.length);
            file.readFully(tail);
            return ParquetFooter.parse(tail).rows();
        } catch (BrokenException | EncryptedException | RuntimeException e) {
            throw new IOException("the Parquet footer of %s can't be read: %s".formatted(path, e.getMessage()), e);
        }
    }
}
