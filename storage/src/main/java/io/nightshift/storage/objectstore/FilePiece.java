package io.nightshift.storage.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import software.amazon.awssdk.core.sync.RequestBody;

/// Bytes of a file, which a request sends and sends again. Sending stops when the caller gives up.
///
/// @param start the position of the first byte
/// @param length how many bytes
record FilePiece(Path file, long start, long length, FetchControl control) {

    private static final int BUFFER = 256 * 1024;

    /// The MD5 of the bytes, in Base64.
    String md5() throws IOException {
        try (InputStream in = open()) {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            byte[] buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    RequestBody body() {
        return RequestBody.fromContentProvider(
                () -> {
                    try {
                        return open();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                length,
                "application/octet-stream");
    }

    private InputStream open() throws IOException {
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
