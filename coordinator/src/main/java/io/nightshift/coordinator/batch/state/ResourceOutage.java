package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.ShadowAbandoned;
import io.nightshift.protocol.batch.BatchEvent.StepFailed;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchEvent.WindowIgnored;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Failures of a resource: of one attempt after another, or of one try at a step.
///
/// @param since when the first of them was recorded
/// @param until when the batch fails, if the resource does not work before
/// @param failure the last of them
/// @param ofStep whether the last of them was that of a step
/// @param reports which nodes have reported which resource of their own
/// @param promotion what is known of failures to promote the candidate; null if there were none
public record ResourceOutage(
        Instant since,
        Instant until,
        Failure failure,
        boolean ofStep,
        Map<FailedResource, Set<String>> reports,
        @Nullable Promotion promotion) {

    /// Failures to promote the candidate. The destination worked before each of them, because readers see the
    /// batch by then. So these failures have a time of their own, and they end those of the destination.
    ///
    /// @param since when the first of them was recorded
    /// @param isLast whether the last failure was one of them
    public record Promotion(Instant since, boolean isLast) {}

    /// When the first failure of a series was recorded to which a failure would belong now; null if none was.
    ///
    /// @param ofPromotion whether the failure would be one to promote the candidate
    @Nullable
    public Instant since(boolean ofPromotion) {
        if (ofPromotion) {
            return promotion == null ? null : promotion.since();
        }
        return promotion != null && promotion.isLast() ? null : since;
    }

    /// The failures after an event: most events show that the resource works.
    static @Nullable ResourceOutage after(@Nullable ResourceOutage before, BatchEvent event) {
        return switch (event) {
            case StepFailed failed -> after(before, failed);
            case AttemptFailed failed
            when failed.until() != null ->
                after(before, failed.at(), failed.until(), failed.failure(), failed.node(), false);
            case PlanExtended extended -> before != null && before.ofStep() ? null : before;
            case PartsReused parts -> before != null && before.ofStep() ? null : before;
            case TookOver tookOver -> before;
            case ExtensionRequested requested -> before;
            case CanaryDecided decided -> before;
            case ShadowAbandoned abandoned -> before;
            case AttemptFailed failed -> before;
            case Paused pause -> before;
            case WindowIgnored ignored -> before;
            case Rescored rescored -> before;
            default -> null;
        };
    }

    private static ResourceOutage after(@Nullable ResourceOutage before, StepFailed failed) {
        boolean ofPromotion = failed.ofPromotion();
        ResourceOutage after = after(before, failed.at(), failed.until(), failed.failure(), failed.node(), true);
        Instant earlier = before == null ? null : before.since(ofPromotion);
        Instant since = earlier == null ? failed.at() : earlier;
        Promotion promoted = before == null ? null : before.promotion();
        Promotion now = ofPromotion ? new Promotion(since, true) : null;
        if (!ofPromotion && promoted != null) {
            now = new Promotion(promoted.since(), false);
        }
        return new ResourceOutage(since, after.until(), after.failure(), true, after.reports(), now);
    }

    private static ResourceOutage after(
            @Nullable ResourceOutage before, Instant at, Instant until, Failure failure, String node, boolean ofStep) {
        Map<FailedResource, Set<String>> reports = new HashMap<>(before == null ? Map.of() : before.reports());
        if (failure.resource() != null && failure.resource().type().isOfNode()) {
            Set<String> nodes = new TreeSet<>(reports.getOrDefault(failure.resource(), Set.of()));
            nodes.add(node);
            reports.put(failure.resource(), nodes);
        }
        return new ResourceOutage(
                before == null ? at : before.since(), until, failure, ofStep, Map.copyOf(reports), null);
    }
}
