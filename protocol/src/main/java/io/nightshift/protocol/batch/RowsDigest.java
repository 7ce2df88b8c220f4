package io.nightshift.protocol.batch;

import java.math.BigInteger;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A digest of rows that doesn't depend on their order, because the rows of a table have none. It adds up the
/// SHA-256 hashes of the rows as whole numbers, modulo 2^256. The method is the additive multiset hash of
/// Clarke, Devadas, van Dijk, Gassend and Suh, «Incremental Multiset Hash Functions», 2003.
///
/// The digests of parts add up to the digest of the whole. A lost, repeated or changed row changes the
/// digest. It does not protect against someone who can change many rows and compute for long. Used by one
/// thread.
public final class RowsDigest {

    private static final int LENGTH = 32;
    private static final int WORDS = LENGTH / Long.BYTES;

    private final MessageDigest sha256;
    private final byte[] hash;
    /// The sum; the lowest 64 bits come first.
    private final long[] sum = new long[WORDS];
    private long rows;

    /// The digest of no rows.
    public RowsDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            hash = new byte[LENGTH];
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private RowsDigest(RowsDigest other) {
        sha256 = other.sha256;
        hash = other.hash;
    }

    /// An empty digest for the same thread. It shares the hash function, so that many digests cost little
    /// memory.
    public RowsDigest emptyCopy() {
        return new RowsDigest(this);
    }

    /// Adds a row.
    ///
    /// @param bytes an array that holds the row's encoding
    /// @param offset the index of the encoding's first byte
    /// @param length the length of the encoding in bytes
    public void add(byte[] bytes, int offset, int length) {
        try {
            sha256.update(bytes, offset, length);
            sha256.digest(hash, 0, LENGTH);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 has 32 bytes", e);
        }
        long carry = 0;
        for (int word = 0; word < WORDS; word++) {
            long term = word(WORDS - 1 - word);
            long added = sum[word] + term;
            sum[word] = added + carry;
            boolean overflows = Long.compareUnsigned(added, term) < 0 || Long.compareUnsigned(sum[word], carry) < 0;
            carry = overflows ? 1 : 0;
        }
        rows++;
    }

    private long word(int index) {
        long word = 0;
        for (int i = index * Long.BYTES; i < (index + 1) * Long.BYTES; i++) {
            word = (word << Byte.SIZE) | (hash[i] & 0xFF);
        }
        return word;
    }

    /// The number of rows that were added.
    public long rows() {
        return rows;
    }

    /// The digest as 64 hexadecimal digits; all zeros without rows.
    public String text() {
        byte[] bytes = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            bytes[LENGTH - 1 - i] = (byte) (sum[i / Long.BYTES] >>> (i % Long.BYTES * Byte.SIZE));
        }
        return HexFormat.of().formatHex(bytes);
    }

    /// The digest of the rows of two digests together.
    ///
    /// @param one a digest as [#text()] returns it
    /// @param other another such digest
    public static String sum(String one, String other) {
        BigInteger added = new BigInteger(one, 16).add(new BigInteger(other, 16));
        String digits = added.toString(16);
        String padded = "0".repeat(Math.max(0, 2 * LENGTH - digits.length())) + digits;
        return padded.substring(padded.length() - 2 * LENGTH);
    }
}
