package io.nightshift.node.gateway;

import io.nightshift.api.operation.Role;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/// A bearer token as a node knows it: by its digest. A token has 256 random bits, so the digest needs no
/// salt.
///
/// @param name the name of its owner, for the audit log
/// @param sha256 the token's digest, 64 hexadecimal digits
public record Token(String name, Role role, String sha256) {

    /// The regular expression that every token matches.
    public static final String PATTERN = "nst_[A-Za-z0-9_-]{43}";

    private static final String PREFIX = "nst_";
    private static final int BYTES = 32;

    /// A new token for a caller to keep. Nodes get its [#digest(String)].
    public static String random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    public static String digest(String token) {
        return HexFormat.of().formatHex(sha256(token));
    }

    /// Takes the same time wherever the digests differ.
    ///
    /// @param digest the digest of the presented token
    boolean hasDigest(byte[] digest) {
        return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), digest);
    }

    static byte[] sha256(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
