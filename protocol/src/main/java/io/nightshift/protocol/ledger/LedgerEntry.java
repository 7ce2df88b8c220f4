package io.nightshift.protocol.ledger;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// An entry of a batch's ledger, as the journal stores it: the bytes of an event, and a hash that covers them
/// and all entries before. The hash is over the stored bytes, so it doesn't depend on how a later version
/// encodes the event.
///
/// `hash(n) = SHA-256(hash(n - 1) ‖ bytes(n))`, and `hash(0) = SHA-256(batch ID)`.
///
/// @param hash 64 hexadecimal digits
/// @param bytes the event in CBOR; must not be modified
@SuppressWarnings("ArrayRecordComponent")
public record LedgerEntry(String hash, byte[] bytes) {

    /// The hash before a batch's first entry: 64 hexadecimal digits.
    ///
    /// @param batch the batch's ID
    public static String origin(BatchId batch) {
        return HexFormat.of().formatHex(sha256().digest(batch.value().getBytes(StandardCharsets.UTF_8)));
    }

    /// Creates the entry for an event.
    ///
    /// @param previous hash of the entry before, or [#origin]
    /// @param event the event to store
    public static LedgerEntry after(String previous, BatchEvent event) {
        byte[] bytes = EventCodec.encode(event);
        return new LedgerEntry(chain(previous, bytes), bytes);
    }

    /// Whether this entry's hash continues the chain.
    ///
    /// @param previous hash of the entry before, or [#origin]
    public boolean follows(String previous) {
        return hash.equals(chain(previous, bytes));
    }

    /// Decodes the event.
    ///
    /// @throws NewerEventException if the event's kind or one of its values is known to later versions only
    /// @throws java.io.UncheckedIOException if the bytes are not an event of a batch
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
