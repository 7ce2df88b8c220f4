package io.nightshift.storage.objectstore;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;

/// Bytes that a request sends, and sends again.
///
/// @param length how many bytes
/// @param md5 the MD5 of the bytes, in Base64
/// @param crc32c the CRC32C of the bytes, in Base64
public record RequestContent(long length, String md5, String crc32c, Opener opener) {

    private static final int BUFFER = 256 * 1024;

    /// Opens the bytes from their beginning.
    interface Opener {
        InputStream open() throws IOException;
    }

    static RequestContent of(byte[] content) {
        CRC32C sum = new CRC32C();
        sum.update(content);
        return new RequestContent(
                content.length,
                Base64.getEncoder().encodeToString(digest().digest(content)),
                ObjectChecksum.crc32c(sum).value(),
                () -> new ByteArrayInputStream(content));
    }

    static RequestContent of(FilePiece piece) throws IOException {
        MessageDigest digest = digest();
        CRC32C sum = new CRC32C();
        try (InputStream in = piece.open()) {
            byte[] buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                sum.update(buffer, 0, read);
            }
        }
        return new RequestContent(
                piece.length(),
                Base64.getEncoder().encodeToString(digest.digest()),
                ObjectChecksum.crc32c(sum).value(),
                piece::open);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /// The bytes, from their beginning.
    public InputStream open() {
        try {
            return opener.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
