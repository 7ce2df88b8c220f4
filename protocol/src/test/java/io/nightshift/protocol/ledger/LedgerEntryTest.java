package io.nightshift.protocol.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class LedgerEntryTest {

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final BatchEvent FIRST = new BatchEvent.TookOver(Instant.EPOCH, 1, "node:1");
    private static final BatchEvent SECOND = new BatchEvent.Retried(Instant.EPOCH);

    @Test
    void theHashIsTheOneTheDocumentationDefines() throws NoSuchAlgorithmException {
        byte[] origin = sha256(BATCH.value().getBytes(StandardCharsets.UTF_8));
        byte[] first = sha256(origin, EventCodec.encode(FIRST));
        byte[] second = sha256(first, EventCodec.encode(SECOND));

        LedgerEntry one = LedgerEntry.after(LedgerEntry.origin(BATCH), FIRST);
        LedgerEntry two = LedgerEntry.after(one.hash(), SECOND);

        assertThat(LedgerEntry.origin(BATCH)).isEqualTo(HexFormat.of().formatHex(origin));
        assertThat(one.hash()).isEqualTo(HexFormat.of().formatHex(first));
        assertThat(two.hash()).isEqualTo(HexFormat.of().formatHex(second));
    }

    @Test
    void anEntryFollowsOnlyTheOneBefore() {
        String origin = LedgerEntry.origin(BATCH);
        LedgerEntry one = LedgerEntry.after(origin, FIRST);
        LedgerEntry two = LedgerEntry.after(one.hash(), SECOND);

        assertThat(one.follows(origin)).isTrue();
        assertThat(two.follows(one.hash())).isTrue();
        assertThat(two.follows(origin)).isFalse();
        assertThat(one.follows(LedgerEntry.origin(new BatchId("flights-2")))).isFalse();
    }

    @Test
    void anEntryWithAnyByteChangedDoesNotFollow() {
        String origin = LedgerEntry.origin(BATCH);
        LedgerEntry entry = LedgerEntry.after(origin, FIRST);

        for (int i = 0; i < entry.bytes().length; i++) {
            byte[] changed = entry.bytes().clone();
            changed[i] ^= 1;
            assertThat(new LedgerEntry(entry.hash(), changed).follows(origin))
                    .as("byte %d changed", i)
                    .isFalse();
        }
    }

    @Test
    void anEntryGivesItsEventBack() {
        assertThat(LedgerEntry.after(LedgerEntry.origin(BATCH), FIRST).event()).isEqualTo(FIRST);
    }

    private static byte[] sha256(byte[]... parts) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }
}
