package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.CanaryStarted;
import io.nightshift.protocol.batch.BatchEvent.CandidatePromoted;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.ShadowAbandoned;
import io.nightshift.protocol.batch.BatchEvent.ShadowStarted;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.protocol.model.ModelVersion;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Whether the predictions of a batch are good enough: a part of the fold [BatchState].
///
/// @param canary how far the canary is; null if the batch has none, and before it is planned
/// @param shadow how far the shadow is; null if the batch has none, and before it is planned
/// @param checked the results of the job's checks; null before them, and if they do not count any more
/// @param approved the approval of a batch that was held; null if there is none
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
record TrialState(
        @Nullable CanaryState canary,
        @Nullable ShadowState shadow,
        @Nullable Checked checked,
        @Nullable Approved approved) {

    static final TrialState NONE = new TrialState(null, null, null, null);

    private TrialStateBuilder with() {
        return TrialStateBuilder.builder(this);
    }

    boolean hasFailedChecks(OnFail verdict) {
        return checked != null && checked.verdict().equals(Optional.of(verdict));
    }

    /// @param before the state before the event
    TrialState after(BatchEvent event, BatchState before) {
        return switch (event) {
            case Committed done -> committed(done.commits());
            case CanaryStarted started -> with().canary(begin(started, before)).build();
            case CanaryDecided decided ->
                with().canary(startedCanary().decided(decided)).build();
            case CandidatePromoted promoted ->
                with().canary(startedCanary().promoted(promoted)).build();
            case ShadowStarted started -> with().shadow(begin(started, before)).build();
            case ShadowAbandoned abandoned ->
                with().shadow(startedShadow().abandoned(abandoned)).build();
            case Rescored rescored ->
                with().shadow(shadow == null ? null : shadow.withdrawn(rescored.partitions()))
                        .checked(null)
                        .approved(null)
                        .build();
            // A batch that its checks have failed is checked again.
            case Retried retried ->
                with().checked(hasFailedChecks(OnFail.FAIL) ? null : checked).build();
            case Checked now -> with().checked(now).build();
            case Approved now -> with().approved(now).build();
            default -> this;
        };
    }

    private TrialState committed(List<PartitionCommit> commits) {
        CanaryState nextCanary = canary;
        ShadowState nextShadow = shadow;
        for (PartitionCommit commit : commits) {
            nextCanary = nextCanary == null ? null : nextCanary.committed(commit);
            nextShadow = nextShadow == null ? null : nextShadow.committed(commit);
        }
        return with().canary(nextCanary).shadow(nextShadow).build();
    }

    private CanaryState begin(CanaryStarted started, BatchState before) {
        ModelVersion candidate = before.submission().candidate();
        if (canary != null || candidate == null || before.pinned().index().partitions() == 0) {
            throw new IllegalStateException("no canary can start");
        }
        return CanaryState.of(started, candidate, before.submission().model());
    }

    private ShadowState begin(ShadowStarted started, BatchState before) {
        ModelVersion candidate = before.submission().candidate();
        if (shadow != null || canary != null || candidate == null) {
            throw new IllegalStateException("no shadow can start");
        }
        return ShadowState.of(started, candidate, before.pinned().index().partitions());
    }

    private CanaryState startedCanary() {
        if (canary == null) {
            throw new IllegalStateException("no canary has started");
        }
        return canary;
    }

    private ShadowState startedShadow() {
        if (shadow == null) {
            throw new IllegalStateException("no shadow has started");
        }
        return shadow;
    }
}
