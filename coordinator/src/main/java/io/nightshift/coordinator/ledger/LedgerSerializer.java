package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.alert.AlertState;
import io.nightshift.coordinator.schedule.JobSnapshot;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Serializes what Pekko persists in the journal. A ledger entry is its hash, 32 bytes, and the event's CBOR.
/// An event of the batch register, of an applied job, of the catalogue of applied jobs or of the alert outbox
/// is CBOR only, and so is a snapshot. The manifest of a snapshot has the digest of its format. A version reads
/// only snapshots of its own format: one that ignored what it does not know, and wrote a snapshot without it,
/// would lose it.
public final class LedgerSerializer extends SerializerWithStringManifest {

    static final int IDENTIFIER = 720_001;
    static final String ENTRY = "entry-1";
    static final String REGISTER_EVENT = "register-1";
    static final String JOB_EVENT = "job-1";
    static final String CATALOGUE_EVENT = "catalogue-1";
    static final String ALERT_EVENT = "alert-1";

    /// The name of a format ends in its digest, which changes whenever an event of the entity or the snapshot gets
    /// another field or case. `SnapshotFormatTest` computes it.
    static final String REGISTER_SNAPSHOT = "register-snapshot-2c10a3cd68da9a44";

    static final String JOB_SNAPSHOT = "job-snapshot-ae4f251155854f3f";
    static final String ALERT_SNAPSHOT = "alert-snapshot-d1ca89761f80a7cb";

    private static final int HASH_BYTES = 32;

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object object) {
        return switch (object) {
            case LedgerEntry entry -> ENTRY;
            case BatchRegisterEvent event -> REGISTER_EVENT;
            case ScheduledJobEvent event -> JOB_EVENT;
            case JobCatalogueEvent event -> CATALOGUE_EVENT;
            case AlertEvent event -> ALERT_EVENT;
            case BatchRegisterSnapshot snapshot -> REGISTER_SNAPSHOT;
            case JobSnapshot snapshot -> JOB_SNAPSHOT;
            case AlertState snapshot -> ALERT_SNAPSHOT;
            default -> throw new IllegalArgumentException("not persisted: " + object.getClass());
        };
    }

    @Override
    public byte[] toBinary(Object object) {
        return switch (object) {
            case LedgerEntry entry ->
                ByteBuffer.allocate(HASH_BYTES + entry.bytes().length)
                        .put(HexFormat.of().parseHex(entry.hash()))
                        .put(entry.bytes())
                        .array();
            case BatchRegisterEvent event -> EventCodec.encodeRegisterEvent(event);
            case ScheduledJobEvent event -> EventCodec.encodeJobEvent(event);
            case JobCatalogueEvent event -> EventCodec.encodeCatalogueEvent(event);
            case AlertEvent event -> EventCodec.encodeAlertEvent(event);
            case BatchRegisterSnapshot snapshot -> EventCodec.encodeSnapshot(BatchRegisterSnapshot.class, snapshot);
            case JobSnapshot snapshot -> EventCodec.encodeSnapshot(JobSnapshot.class, snapshot);
            case AlertState snapshot -> EventCodec.encodeSnapshot(AlertState.class, snapshot);
            default -> throw new IllegalArgumentException("not persisted: " + object.getClass());
        };
    }

    /// @return an [UnreadableEntry] for what can't be decoded
    @Override
    public Object fromBinary(byte[] bytes, String manifest) {
        try {
            return switch (manifest) {
                case ENTRY -> entry(bytes);
                case REGISTER_EVENT -> EventCodec.decodeRegisterEvent(bytes);
                case JOB_EVENT -> EventCodec.decodeJobEvent(bytes);
                case CATALOGUE_EVENT -> EventCodec.decodeCatalogueEvent(bytes);
                case ALERT_EVENT -> EventCodec.decodeAlertEvent(bytes);
                case REGISTER_SNAPSHOT -> EventCodec.decodeSnapshot(BatchRegisterSnapshot.class, bytes);
                case JOB_SNAPSHOT -> EventCodec.decodeSnapshot(JobSnapshot.class, bytes);
                case ALERT_SNAPSHOT -> EventCodec.decodeSnapshot(AlertState.class, bytes);
                default ->
                    new UnreadableEntry(
                            "the journal holds a '%s', which this version does not know".formatted(manifest));
            };
        } catch (NotSerializableException | UncheckedIOException e) {
            return new UnreadableEntry(String.valueOf(e.getMessage()));
        }
    }

    /// Reads a row of the journal.
    ///
    /// @param serializer the number of the serializer that wrote the row
    /// @return an [UnreadableEntry] for what can't be decoded
    Object read(int serializer, String manifest, byte[] payload) {
        return serializer == IDENTIFIER
                ? fromBinary(payload, manifest)
                : new UnreadableEntry("the journal holds an entry of serializer %d, which this version does not know"
                        .formatted(serializer));
    }

    private static LedgerEntry entry(byte[] stored) throws NotSerializableException {
        if (stored.length <= HASH_BYTES) {
            throw new NotSerializableException("a ledger entry of only " + stored.length + " bytes");
        }
        String hash = HexFormat.of().formatHex(stored, 0, HASH_BYTES);
        byte[] event = java.util.Arrays.copyOfRange(stored, HASH_BYTES, stored.length);
        return new LedgerEntry(hash, event);
    }
}
