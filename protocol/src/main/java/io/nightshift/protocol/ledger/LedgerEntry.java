package io.nightshift.protocol.ledger;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// One entry of a batch's ledger, as it is journalled: an event's bytes, and the hash that chains
/// them to everything before. The hash covers the bytes as stored, so nothing depends on how an
/// event would be encoded again.
///
/// `hash(n) = SHA-256(hash(n - 1) ‖ bytes(n))`, and `hash(0) = SHA-256(batch id)`.
///
/// @param hash 64 hexadecimal digits
/// @param bytes the event in CBOR; treated as immutable
@SuppressWarnings("ArrayRecordComponent")
public record LedgerEntry(String hash, byte[] bytes) {

    /// The hash before a batch's first entry.
    public static String origin(BatchId batch) {
        return HexFormat.of().formatHex(sha256().digest(batch.value().getBytes(StandardCharsets.UTF_8)));
    }

    /// The entry for an event that follows the entry with the hash `previous`.
    public static LedgerEntry after(String previous, BatchEvent event) {
        byte[] bytes = EventCodec.encode(event);
        return new LedgerEntry(chain(previous, bytes), bytes);
    }

    public boolean follows(String previous) {
        return hash.equals(chain(previous, bytes));
    }

    public BatchEvent event() {
        return EventCodec.decode(bytes);
    }

    private static String chain(String previous, byte[] bytes) {
        MessageDigest digest = sha256();
        digest.update(HexFormat.of().parseHex(previous));
        return HexFormat.of().formatHex(digest.digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
