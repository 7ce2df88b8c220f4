package io.nightshift.protocol.ledger;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Incremental;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.RegisteredBatch;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// Writes events as CBOR and reads them. Events are stored for years, so the names of their kinds and fields
/// are independent of the names of Java packages and classes. Safe for use by several threads.
///
/// A reader ignores fields that it doesn't know. For a field that an older writer didn't have, it uses null,
/// zero, false, an empty list or an empty map.
public final class EventCodec {

    private static final ObjectMapper CBOR = CBORMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            // Only the components of a record are stored, not what its methods compute from them.
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .addMixIn(BatchEvent.class, EventTypes.class)
            .addMixIn(BatchRegisterEvent.class, RegisterEventTypes.class)
            .addMixIn(ScheduledJobEvent.class, JobEventTypes.class)
            .addMixIn(JobCatalogueEvent.class, CatalogueEventTypes.class)
            .addMixIn(AlertEvent.class, AlertEventTypes.class)
            .addMixIn(ModelReference.class, ModelReferenceTypes.class)
            .addMixIn(PartitionCommit.class, RareFields.class)
            .addMixIn(PartitionCommit.OutputFile.class, RareParts.class)
            .addMixIn(BatchEvent.Published.class, RareOthers.class)
            .addMixIn(BatchEvent.SupplementPublished.class, RareOthers.class)
            .addMixIn(BatchEvent.Committed.class, RareDiscards.class)
            .addMixIn(BatchEvent.StepFailed.class, RarePromotions.class)
            .addMixIn(BatchRegisterEvent.Reentered.class, RarelySuperseded.class)
            .addMixIn(Job.Partitions.class, RarelyChosen.class)
            .addMixIn(CutPlan.Piece.class, Numbers.class)
            .addMixIn(Input.class, KindOfCase.class)
            .addMixIn(Incremental.class, IncrementalKinds.class)
            .addMixIn(Destination.class, KindOfCase.class)
            .build();

    static {
        JsonSetter.Value emptyIfAbsent = JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);
        CBOR.configOverride(List.class).setSetterInfo(emptyIfAbsent);
        CBOR.configOverride(Map.class).setSetterInfo(emptyIfAbsent);
        Input.cases().forEach((name, type) -> CBOR.registerSubtypes(new NamedType(type, name)));
        Destination.kinds().forEach((name, type) -> CBOR.registerSubtypes(new NamedType(type, name)));
    }

    private EventCodec() {}

    /// Encodes an event of a batch.
    ///
    /// @param event the event
    public static byte[] encode(BatchEvent event) {
        return encode(BatchEvent.class, event);
    }

    /// Decodes an event of a batch.
    ///
    /// @param bytes what [#encode(BatchEvent)] of this version or another returned
    /// @throws NewerEventException if the event's kind or one of its values is known to later versions only
    /// @throws UncheckedIOException if the bytes are not an event of a batch
    public static BatchEvent decode(byte[] bytes) {
        return decode(BatchEvent.class, bytes);
    }

    /// Encodes an event of the batch register.
    ///
    /// @param event the event
    public static byte[] encodeRegisterEvent(BatchRegisterEvent event) {
        return encode(BatchRegisterEvent.class, event);
    }

    /// Decodes an event of the batch register.
    ///
    /// @param bytes what [#encodeRegisterEvent(BatchRegisterEvent)] of this version or another returned
    /// @throws NewerEventException if the event's kind or one of its values is known to later versions only
    /// @throws UncheckedIOException if the bytes are not an event of the register
    public static BatchRegisterEvent decodeRegisterEvent(byte[] bytes) {
        return decode(BatchRegisterEvent.class, bytes);
    }

    /// Encodes an event of an applied job.
    ///
    /// @param event the event
    public static byte[] encodeJobEvent(ScheduledJobEvent event) {
        return encode(ScheduledJobEvent.class, event);
    }

    /// Decodes an event of an applied job.
    ///
    /// @param bytes what [#encodeJobEvent(ScheduledJobEvent)] of this version or another returned
    /// @throws NewerEventException if the event's kind or one of its values is known to later versions only
    /// @throws UncheckedIOException if the bytes are not an event of an applied job
    public static ScheduledJobEvent decodeJobEvent(byte[] bytes) {
        return decode(ScheduledJobEvent.class, bytes);
    }

    /// Encodes an event of the catalogue of applied jobs.
    ///
    /// @param event the event
    public static byte[] encodeCatalogueEvent(JobCatalogueEvent event) {
        return encode(JobCatalogueEvent.class, event);
    }

    /// Decodes an event of the catalogue of applied jobs.
    ///
    /// @param bytes what [#encodeCatalogueEvent(JobCatalogueEvent)] of this version or another returned
    /// @throws NewerEventException if the event's kind is known to later versions only
    /// @throws UncheckedIOException if the bytes are not an event of the catalogue
    public static JobCatalogueEvent decodeCatalogueEvent(byte[] bytes) {
        return decode(JobCatalogueEvent.class, bytes);
    }

    /// Encodes an event of the alert outbox.
    ///
    /// @param event the event
    public static byte[] encodeAlertEvent(AlertEvent event) {
        return encode(AlertEvent.class, event);
    }

    /// Decodes an event of the alert outbox.
    ///
    /// @param bytes what [#encodeAlertEvent(AlertEvent)] of this version or another returned
    /// @throws NewerEventException if the event's kind or one of its values is known to later versions only
    /// @throws UncheckedIOException if the bytes are not an event of the outbox
    public static AlertEvent decodeAlertEvent(byte[] bytes) {
        return decode(AlertEvent.class, bytes);
    }

    /// Encodes a batch for the archive of ended batches.
    ///
    /// @param batch the batch
    public static byte[] encodeArchived(RegisteredBatch batch) {
        return encode(RegisteredBatch.class, batch);
    }

    /// Decodes a batch of the archive.
    ///
    /// @param bytes what [#encodeArchived(RegisteredBatch)] of this version or another returned
    /// @throws NewerEventException if one of its values is known to later versions only
    /// @throws UncheckedIOException if the bytes are not a batch of the archive
    public static RegisteredBatch decodeArchived(byte[] bytes) {
        return decode(RegisteredBatch.class, bytes);
    }

    /// Encodes a snapshot.
    ///
    /// @param type the record of the snapshot
    /// @param snapshot the snapshot
    /// @param <T> the type of the snapshot
    public static <T> byte[] encodeSnapshot(Class<T> type, T snapshot) {
        return encode(type, snapshot);
    }

    /// Decodes a snapshot.
    ///
    /// @param type the record of the snapshot
    /// @param bytes what [#encodeSnapshot] of a version with the same format returned
    /// @param <T> the type of the snapshot
    /// @throws UncheckedIOException if the bytes are not a snapshot of this type
    public static <T> T decodeSnapshot(Class<T> type, byte[] bytes) {
        return decode(type, bytes);
    }

    private static <T> byte[] encode(Class<T> type, T event) {
        try {
            return CBOR.writerFor(type).writeValueAsBytes(event);
        } catch (IOException e) {
            throw new UncheckedIOException("an event could not be encoded", e);
        }
    }

    private static <T> T decode(Class<T> type, byte[] bytes) {
        try {
            return CBOR.readValue(bytes, type);
        } catch (InvalidTypeIdException e) {
            throw e.getTypeId() == null
                    ? new UncheckedIOException("a ledger entry could not be decoded", e)
                    : new NewerEventException(e.getTypeId(), e);
        } catch (InvalidFormatException e) {
            throw e.getTargetType().isEnum()
                    ? new NewerEventException(String.valueOf(e.getValue()), e)
                    : new UncheckedIOException("a ledger entry could not be decoded", e);
        } catch (IOException e) {
            throw new UncheckedIOException("a ledger entry could not be decoded", e);
        }
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = BatchEvent.Submitted.class, name = "submitted"),
        @JsonSubTypes.Type(value = BatchEvent.TookOver.class, name = "took-over"),
        @JsonSubTypes.Type(value = BatchEvent.Planned.class, name = "planned"),
        @JsonSubTypes.Type(value = BatchEvent.ExtensionRequested.class, name = "extension-requested"),
        @JsonSubTypes.Type(value = BatchEvent.PlanExtended.class, name = "plan-extended"),
        @JsonSubTypes.Type(value = BatchEvent.CanaryStarted.class, name = "canary-started"),
        @JsonSubTypes.Type(value = BatchEvent.CanaryDecided.class, name = "canary-decided"),
        @JsonSubTypes.Type(value = BatchEvent.ShadowStarted.class, name = "shadow-started"),
        @JsonSubTypes.Type(value = BatchEvent.ShadowAbandoned.class, name = "shadow-abandoned"),
        @JsonSubTypes.Type(value = BatchEvent.CandidatePromoted.class, name = "candidate-promoted"),
        @JsonSubTypes.Type(value = BatchEvent.Committed.class, name = "committed"),
        @JsonSubTypes.Type(value = BatchEvent.PartsReused.class, name = "parts-reused"),
        @JsonSubTypes.Type(value = BatchEvent.AttemptFailed.class, name = "attempt-failed"),
        @JsonSubTypes.Type(value = BatchEvent.StepFailed.class, name = "step-failed"),
        @JsonSubTypes.Type(value = BatchEvent.OutageEnded.class, name = "outage-ended"),
        @JsonSubTypes.Type(value = BatchEvent.Paused.class, name = "paused"),
        @JsonSubTypes.Type(value = BatchEvent.Resumed.class, name = "resumed"),
        @JsonSubTypes.Type(value = BatchEvent.WindowIgnored.class, name = "window-ignored"),
        @JsonSubTypes.Type(value = BatchEvent.Rescored.class, name = "rescored"),
        @JsonSubTypes.Type(value = BatchEvent.Failed.class, name = "failed"),
        @JsonSubTypes.Type(value = BatchEvent.Retried.class, name = "retried"),
        @JsonSubTypes.Type(value = BatchEvent.Checked.class, name = "checked"),
        @JsonSubTypes.Type(value = BatchEvent.Approved.class, name = "approved"),
        @JsonSubTypes.Type(value = BatchEvent.Published.class, name = "published"),
        @JsonSubTypes.Type(value = BatchEvent.RemovalBegun.class, name = "removal-begun"),
        @JsonSubTypes.Type(value = BatchEvent.Unpublished.class, name = "unpublished"),
        @JsonSubTypes.Type(value = BatchEvent.Removed.class, name = "removed"),
        @JsonSubTypes.Type(value = BatchEvent.RedriveBegun.class, name = "redrive-begun"),
        @JsonSubTypes.Type(value = BatchEvent.RedriveFailed.class, name = "redrive-failed"),
        @JsonSubTypes.Type(value = BatchEvent.SupplementCommitted.class, name = "supplement-committed"),
        @JsonSubTypes.Type(value = BatchEvent.WithdrawalBegun.class, name = "withdrawal-begun"),
        @JsonSubTypes.Type(value = BatchEvent.SupplementPublished.class, name = "supplement-published"),
        @JsonSubTypes.Type(value = BatchEvent.Cancelled.class, name = "cancelled"),
    })
    private interface EventTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = BatchRegisterEvent.Opened.class, name = "opened"),
        @JsonSubTypes.Type(value = BatchRegisterEvent.Keyed.class, name = "keyed"),
        @JsonSubTypes.Type(value = BatchRegisterEvent.Resubmitted.class, name = "resubmitted"),
        @JsonSubTypes.Type(value = BatchRegisterEvent.Ended.class, name = "ended"),
        @JsonSubTypes.Type(value = BatchRegisterEvent.Reentered.class, name = "reentered"),
        @JsonSubTypes.Type(value = BatchRegisterEvent.Archived.class, name = "archived"),
    })
    private interface RegisterEventTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = ScheduledJobEvent.Applied.class, name = "applied"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.Paused.class, name = "paused"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.Resumed.class, name = "resumed"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.Deleted.class, name = "deleted"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.TickDue.class, name = "tick-due"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.TicksSkipped.class, name = "ticks-skipped"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.TriggerFired.class, name = "trigger-fired"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.SourceShrunk.class, name = "source-shrunk"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.Requested.class, name = "requested"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.RunStarted.class, name = "run-started"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.RunPostponed.class, name = "run-postponed"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.RunRefused.class, name = "run-refused"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.RunSkipped.class, name = "run-skipped"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.RunEnded.class, name = "run-ended"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.BackfillStarted.class, name = "backfill-started"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.BackfillRunStarted.class, name = "backfill-run-started"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.BackfillRunEnded.class, name = "backfill-run-ended"),
        @JsonSubTypes.Type(value = ScheduledJobEvent.BackfillControlled.class, name = "backfill-controlled"),
    })
    private interface JobEventTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = JobCatalogueEvent.Added.class, name = "added"),
        @JsonSubTypes.Type(value = JobCatalogueEvent.Removed.class, name = "removed"),
    })
    private interface CatalogueEventTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = AlertEvent.Raised.class, name = "raised"),
        @JsonSubTypes.Type(value = AlertEvent.SendStarted.class, name = "send-started"),
        @JsonSubTypes.Type(value = AlertEvent.Delivered.class, name = "delivered"),
        @JsonSubTypes.Type(value = AlertEvent.GaveUp.class, name = "gave-up"),
        @JsonSubTypes.Type(value = AlertEvent.Resolved.class, name = "resolved"),
    })
    private interface AlertEventTypes {}

    /// A plan has many of them. A later field may follow those of today.
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    private interface Numbers {}

    /// Most commits have none, and a large batch has a million commits.
    interface RareFields {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        Map<String, Long> unseenCategories();

        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        int cores();

        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        int threads();
    }

    /// Most parts are one file at one destination.
    interface RareParts {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<PartitionCommit.OutputFile> files();

        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<PartitionCommit.OutputFile> copies();
    }

    /// Most jobs have one destination.
    interface RareOthers {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<?> others();
    }

    /// Most entries have none.
    interface RareDiscards {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        int discardedAttempts();
    }

    /// A job file with a size has none.
    interface RarelyChosen {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean chosen();
    }

    /// Most entries are not.
    interface RarelySuperseded {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean superseded();
    }

    /// Most steps that fail are others.
    interface RarePromotions {
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean ofPromotion();
    }

    /// The first version had no kind.
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind", defaultImpl = NewTimes.class)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = NewTimes.class, name = "times"),
        @JsonSubTypes.Type(value = NewFiles.class, name = "files"),
        @JsonSubTypes.Type(value = ChangedRows.class, name = "changed"),
    })
    private interface IncrementalKinds {}

    /// See [Input#cases()] and [Destination#kinds()].
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    private interface KindOfCase {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = ModelReference.Champion.class, name = "champion"),
        @JsonSubTypes.Type(value = ModelReference.Exact.class, name = "exact"),
        @JsonSubTypes.Type(value = ModelReference.Alias.class, name = "alias"),
        @JsonSubTypes.Type(value = ModelReference.Digest.class, name = "digest"),
        @JsonSubTypes.Type(value = ModelReference.File.class, name = "file"),
        @JsonSubTypes.Type(value = ModelReference.Mlflow.class, name = "mlflow"),
    })
    private interface ModelReferenceTypes {}
}
