package io.nightshift.system.batch;

import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.FlightsJob;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A ledger that a newer version of the program wrote to.
final class NewerLedgerIT {

    @TempDir
    private Path folder;

    @Test
    void aBatchThatALaterVersionHasWrittenToIsNotGoneOnWith() throws Exception {
        try (TestBatch newer = TestBatch.submitted(folder, "0001")) {
            newer.tamper(1, stored -> {
                String event = new String(stored, 32, stored.length - 32, StandardCharsets.ISO_8859_1);
                return entry(newer, event.replace("submitted", "shadowing").getBytes(StandardCharsets.ISO_8859_1));
            });
        }

        InProcess.run(FlightsJob.in(folder))
                .expect(
                        2,
                        "the ledger can't be read by this version",
                        "'shadowing' is unknown to this version of Nightshift; a newer version wrote it");
    }

    /// The stored bytes of a batch's first entry, with any event.
    private static byte[] entry(TestBatch batch, byte[] event) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(HexFormat.of().parseHex(LedgerEntry.origin(batch.id)));
            return ByteBuffer.allocate(32 + event.length)
                    .put(digest.digest(event))
                    .put(event)
                    .array();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
