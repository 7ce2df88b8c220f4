package io.nightshift.storage.objectstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/// The checksum of a whole object that its store keeps.
///
/// @param value in Base64, as the store writes it
public record ObjectChecksum(Algorithm algorithm, String value) {

    /// An algorithm of a protocol of stores.
    public enum Algorithm {
        CRC64NVME,
        CRC32C,
        CRC32,
        SHA256,
        SHA1,
        MD5
    }

    private static final int BUFFER = 256 * 1024;

    /// Computes the checksum of a file.
    public ObjectChecksum ofSame(Path file) throws IOException {
        byte[] found = switch (algorithm) {
            case CRC64NVME -> bytes(sum(file, new Crc64Nvme()), Long.BYTES);
            case CRC32C -> bytes(sum(file, new CRC32C()), Integer.BYTES);
            case CRC32 -> bytes(sum(file, new CRC32()), Integer.BYTES);
            case SHA256 -> digest(file, "SHA-256");
            case SHA1 -> digest(file, "SHA-1");
            case MD5 -> digest(file, "MD5");
        };
        return new ObjectChecksum(algorithm, Base64.getEncoder().encodeToString(found));
    }

    /// The checksum of the bytes that a sum has got.
    static ObjectChecksum crc32c(CRC32C sum) {
        return new ObjectChecksum(
                Algorithm.CRC32C, Base64.getEncoder().encodeToString(bytes(sum.getValue(), Integer.BYTES)));
    }

    private static byte[] bytes(long sum, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        return (length == Long.BYTES ? bytes.putLong(sum) : bytes.putInt((int) sum)).array();
    }

    private static long sum(Path file, Checksum sum) throws IOException {
        read(file, sum::update);
        return sum.getValue();
    }

    private static byte[] digest(Path file, String name) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance(name);
            read(file, digest::update);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + name, e);
        }
    }

    private interface Update {
        void update(byte[] bytes, int offset, int length);
    }

    private static void read(Path file, Update update) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
                update.update(buffer, 0, length);
            }
        }
    }

    @Override
    public String toString() {
        return algorithm + " " + value;
    }
}
