package io.nightshift.storage.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Bytes of a file, which a request sends and sends again. Sending stops when the caller gives up.
///
/// @param start the position of the first byte
/// @param length how many bytes
record FilePiece(Path file, long start, long length, FetchControl control) {

    /// The bytes, from the first one.
    InputStream open() throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        channel.position(start);
        return new InputStream() {
            private long left = length;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int most) throws IOException {
                if (left == 0) {
                    return -1;
                }
                RequestTries.refuseIfCancelled(control);
                int read = channel.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(most, left)));
                if (read > 0) {
                    left -= read;
                    control.progressed();
                }
                return read;
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}
