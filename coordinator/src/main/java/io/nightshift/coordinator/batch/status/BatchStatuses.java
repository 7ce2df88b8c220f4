package io.nightshift.coordinator.batch.status;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.ReusedParts;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Makes the status of a batch from its state.
public final class BatchStatuses {

    private BatchStatuses() {}

    /// @param state without a phase if the batch's ledger is empty
    /// @param timing null before the batch is submitted
    /// @param run null if the batch is not published, or it is not known
    /// @param progress null if only the ledger was read
    public static BatchStatus of(
            BatchState state,
            BatchDescription.@Nullable Timing timing,
            @Nullable PastRun run,
            BatchDescription.@Nullable Progress progress) {
        Phase phase = state.phase();
        return new BatchStatus(
                state.batch(),
                phase,
                state.failure(),
                state.input(),
                state.plan() != null && state.committed().isComplete(),
                passed(state),
                run,
                state.use(),
                phase == null ? null : description(state, phase, timing, progress));
    }

    /// The file of an MLflow server that the job's model is; null if it is none.
    private static BatchDescription.@Nullable ModelOrigin modelOrigin(ModelReference model) {
        if (!(model instanceof ModelReference.Mlflow(String address, MlflowPin pin)) || pin == null) {
            return null;
        }
        String alias = address.equals(pin.version()) ? "" : " (submitted as %s)".formatted(address);
        String run = pin.run() == null ? "" : ", run " + pin.run();
        return new BatchDescription.ModelOrigin(
                address,
                pin.version(),
                pin.run(),
                pin.source(),
                pin.file(),
                pin.sha256(),
                "%s%s: %s, sha256 %s%s".formatted(pin.version(), alias, pin.file(), pin.sha256(), run));
    }

    private static BatchDescription description(
            BatchState state,
            Phase phase,
            BatchDescription.@Nullable Timing timing,
            BatchDescription.@Nullable Progress progress) {
        BatchEvent.Submitted submitted = state.submission();
        CommittedTotals totals = state.totals();
        PinnedPlan plan = state.plan();
        BatchEvent.Published published = state.published();
        ModelVersion passed = passed(state);
        Failure failure = state.failure();
        return BatchDescriptionBuilder.builder()
                .batch(state.batch().value())
                .job(submitted.job().name())
                .model((passed == null ? submitted.model() : passed).toString())
                .state(phase.toString())
                .submittedAt(submitted.at())
                .parameters(RunKey.of(submitted.job()).toMap())
                .rows(plan == null ? 0 : plan.index().rows())
                .partitions(plan == null ? 0 : plan.index().partitions())
                .committed(state.committed().count())
                .read(totals.read())
                .predictions(totals.predictions())
                .quarantined(totals.quarantined())
                .bytes(totals.bytes())
                .unseenCategories(totals.unseenCategories())
                .incarnation(state.incarnation())
                .ledger(new BatchDescription.LedgerHead(state.entries(), state.head()))
                .reason(failure == null ? null : failure.message())
                .retryable(phase == Phase.FAILED && failure != null && !failure.isPermanent())
                .destination(published == null ? null : published.destination())
                .otherDestinations(published == null ? List.of() : published.otherDestinations())
                .modelOrigin(modelOrigin(state.submission().job().model()))
                .progress(progress)
                .timing(timing)
                .pause(pause(state.paused()))
                .outage(outage(state.outage()))
                .checks(checks(
                        state.checked() == null ? List.of() : state.checked().results()))
                .approval(approval(state.approved()))
                .rollout(RolloutDescriptions.rollout(submitted, canary(state)))
                .shadow(RolloutDescriptions.shadow(ShadowState.report(state)))
                .reuse(reuse(state.reused()))
                .removal(removal(state.removal()))
                .redrive(redrive(state.lastRedrive()))
                .build();
    }

    private static @Nullable Canary canary(BatchState state) {
        CanaryState canary = state.canary();
        return canary == null ? null : canary.status();
    }

    private static @Nullable ModelVersion passed(BatchState state) {
        Canary canary = canary(state);
        return canary != null && canary.state() == Canary.State.PASSED ? canary.candidate() : null;
    }

    private static BatchDescription.@Nullable Outage outage(@Nullable ResourceOutage outage) {
        return outage == null
                ? null
                : new BatchDescription.Outage(outage.failure().message(), outage.since(), outage.until());
    }

    private static BatchDescription.@Nullable Approval approval(BatchEvent.@Nullable Approved approved) {
        return approved == null ? null : new BatchDescription.Approval(approved.at(), approved.reason(), approved.by());
    }

    private static BatchDescription.@Nullable Pause pause(BatchEvent.@Nullable Paused paused) {
        return paused == null ? null : new BatchDescription.Pause(paused.at(), paused.reason(), paused.by());
    }

    private static List<BatchDescription.Check> checks(List<CheckResult> results) {
        return results.stream()
                .map(result -> new BatchDescription.Check(
                        result.check().name(),
                        result.value(),
                        result.passed(),
                        result.check().onFail().text(),
                        result.sentence(),
                        result.check().limit(),
                        result.baseline() == null ? null : result.baseline().value(),
                        result.before()))
                .toList();
    }

    private static BatchDescription.@Nullable Removal removal(@Nullable Removal removal) {
        return removal == null
                ? null
                : new BatchDescription.Removal(
                        removal.at(),
                        removal.by(),
                        removal.reason(),
                        removal.unpublishedAt(),
                        removal.removedAt(),
                        removal.sentence());
    }

    private static BatchDescription.@Nullable Redrive redrive(@Nullable Redrive redrive) {
        return redrive == null
                ? null
                : new BatchDescription.Redrive(
                        redrive.number(),
                        redrive.at(),
                        redrive.by(),
                        redrive.reason(),
                        redrive.state().toString(),
                        redrive.healed(),
                        redrive.endedAt(),
                        redrive.failure(),
                        redrive.sentence());
    }

    private static BatchDescription.@Nullable Reuse reuse(List<ReusedParts> reused) {
        if (reused.isEmpty()) {
            return null;
        }
        return new BatchDescription.Reuse(
                reused.getFirst().batch(),
                reused.stream()
                        .map(parts -> new BatchDescription.Reuse.Parts(parts.model(), parts.parts(), parts.rows()))
                        .toList(),
                reused.stream()
                        .map(parts -> String.format(
                                Locale.ROOT,
                                "%,d %s with %,d rows of the model sha256:%s",
                                parts.parts(),
                                parts.parts() == 1 ? "part" : "parts",
                                parts.rows(),
                                parts.model().substring(0, 12)))
                        .collect(Collectors.joining(
                                ", ", "from " + reused.getFirst().batch() + ": ", "")));
    }
}
