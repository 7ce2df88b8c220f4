package io.nightshift.coordinator.batch.upkeep;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RedriveStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.UpkeepOperation;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.PublishedOutput;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Redrives quarantined rows of a published batch, step by step:
///
/// ```
/// CHECK → TookOver, RedriveBegun → SCORE → SupplementCommitted → PUBLISH → SupplementPublished → END
///                                        ↘ RedriveFailed → END          ↘ TookOver, WithdrawalBegun → WITHDRAW
///
/// WITHDRAW → RedriveFailed or SupplementPublished → END
/// ```
///
/// Each event is persisted before the next step begins. A coordinator that finds a pending redrive takes over
/// first, so that its attempt and its publication have an epoch of their own.
///
/// A supplement that is committed is published, however often that has to be tried, unless the destination
/// refuses it for good. Then it is withdrawn. That begins with a takeover too, so that it also stops a
/// publication that this coordinator has started. Whether readers see the supplement decides how the redrive ends.
///
/// Deterministic, like [BatchDecisions].
public class RedriveDecisions {

    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LAST_BACKOFF = Duration.ofMinutes(1);

    private final BatchId batch;
    private final String node;

    /// The step that runs; null if none does.
    private @Nullable RedriveStep running;

    /// The request that waits for [RedriveStep#CHECK].
    private BatchCommand.@Nullable Redrive request;

    private Duration backoff = FIRST_BACKOFF;

    public RedriveDecisions(BatchId batch, String node) {
        this.batch = batch;
        this.node = node;
    }

    /// Whether a step runs, or a redrive is to be continued.
    public boolean isBusy(BatchState state) {
        return running != null || state.redrive() != null;
    }

    /// @param state of a published batch
    public BatchDecision redrive(BatchState state, BatchCommand.Redrive asked) {
        if (state.redrive() != null) {
            BatchEvent.RedriveBegun begun = state.redrive().begun();
            boolean isSame = Objects.equals(begun.job(), asked.job()) && Objects.equals(begun.where(), asked.where());
            return BatchDecision.of(
                    isSame ? done(asked) : refusal(asked, "another redrive of it has begun. Wait for its end"));
        }
        if (state.removal() != null) {
            return BatchDecision.of(refusal(asked, "it is removed"));
        }
        if (state.totals().quarantined() == 0) {
            return BatchDecision.of(refusal(asked, "it has no quarantined rows"));
        }
        if (running != null) {
            return BatchDecision.of(
                    refusal(asked, "another redrive of it is just beginning or ending. Send the request again"));
        }
        request = asked;
        return BatchDecision.of(start(RedriveStep.CHECK, state.incarnation()));
    }

    /// Continues a pending redrive after a restart, under a new incarnation.
    public BatchDecision resume(BatchState state, DecisionTime now) {
        if (state.redrive() == null || running != null) {
            return BatchDecision.nothing();
        }
        BatchEvent tookOver = takeOver(state, now);
        return BatchDecision.persist(List.of(tookOver), next(state.after(List.of(tookOver))));
    }

    /// For a batch that has nothing pending, and is in the index all the same: [RedriveStep#END] has failed, or its
    /// coordinator was killed before that was done.
    public BatchDecision forget(BatchState state) {
        return running == null && state.redrive() == null
                ? BatchDecision.of(start(RedriveStep.FORGET, state.incarnation()))
                : BatchDecision.nothing();
    }

    /// The time to publish a supplement again.
    public BatchDecision retryDue(BatchState state) {
        return running == null && state.redrive() != null ? BatchDecision.of(next(state)) : BatchDecision.nothing();
    }

    private BatchEvent takeOver(BatchState state, DecisionTime now) {
        return new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node);
    }

    private List<CoordinatorAction> next(BatchState state) {
        UpkeepOperation.Redriving pending = Objects.requireNonNull(state.redrive());
        RedriveStep step = pending.committed() == null
                ? RedriveStep.SCORE
                : pending.refused() == null ? RedriveStep.PUBLISH : RedriveStep.WITHDRAW;
        return start(step, state.incarnation());
    }

    private List<CoordinatorAction> start(RedriveStep step, int incarnation) {
        running = step;
        return List.of(new CoordinatorAction.RunRedrive(incarnation, step, request));
    }

    /// @param incarnation that started the step
    public BatchDecision ended(
            BatchState state, int incarnation, CoordinatorMessage.RedriveStepEnded ended, DecisionTime now) {
        if (incarnation != state.incarnation() || ended.step() != running) {
            return BatchDecision.nothing();
        }
        running = null;
        return switch (ended.step()) {
            case CHECK -> checked(state, ended.failure(), now);
            case SCORE -> scored(state, ended, now);
            case PUBLISH -> published(state, ended, now);
            case WITHDRAW -> withdrawn(state, ended, now);
            case END, FORGET ->
                ended.failure() == null ? BatchDecision.nothing() : BatchDecision.of(log(ended.failure()));
        };
    }

    private BatchDecision checked(BatchState state, @Nullable Failure failure, DecisionTime now) {
        BatchCommand.Redrive asked = Objects.requireNonNull(request);
        request = null;
        if (failure != null) {
            return BatchDecision.of(refusal(asked, failure.message()))
                    .plus(start(RedriveStep.END, state.incarnation()));
        }
        BatchEvent tookOver = takeOver(state, now);
        BatchEvent begun = new BatchEvent.RedriveBegun(
                now.instant(), state.upkeep().nextSupplement(), asked.job(), asked.where(), asked.by(), asked.reason());
        List<BatchEvent> events = List.of(tookOver, begun);
        return BatchDecision.persist(events, next(state.after(events))).plus(done(asked));
    }

    private BatchDecision scored(BatchState state, CoordinatorMessage.RedriveStepEnded ended, DecisionTime now) {
        backoff = FIRST_BACKOFF;
        if (ended.supplement() == null) {
            BatchEvent failed = new BatchEvent.RedriveFailed(now.instant(), Objects.requireNonNull(ended.failure()));
            return BatchDecision.persist(List.of(failed), start(RedriveStep.END, state.incarnation()));
        }
        BatchEvent committed = new BatchEvent.SupplementCommitted(now.instant(), ended.supplement());
        return BatchDecision.persist(List.of(committed), start(RedriveStep.PUBLISH, state.incarnation()));
    }

    private BatchDecision published(BatchState state, CoordinatorMessage.RedriveStepEnded ended, DecisionTime now) {
        Publication publication = ended.publication();
        if (publication != null) {
            return visible(state, publication, now);
        }
        Failure failure = Objects.requireNonNull(ended.failure());
        if (!failure.isPermanent()) {
            return later(state, failure);
        }
        backoff = FIRST_BACKOFF;
        List<BatchEvent> events = List.of(takeOver(state, now), new BatchEvent.WithdrawalBegun(now.instant(), failure));
        return BatchDecision.persist(events, next(state.after(events)));
    }

    /// A failure of any kind says nothing about what readers see, so the step is repeated after it.
    private BatchDecision withdrawn(BatchState state, CoordinatorMessage.RedriveStepEnded ended, DecisionTime now) {
        if (ended.failure() != null) {
            return later(state, ended.failure());
        }
        if (ended.publication() != null) {
            return visible(state, ended.publication(), now);
        }
        UpkeepOperation.Redriving pending = Objects.requireNonNull(state.redrive());
        BatchEvent failed = new BatchEvent.RedriveFailed(now.instant(), Objects.requireNonNull(pending.refused()));
        return BatchDecision.persist(List.of(failed), start(RedriveStep.END, state.incarnation()));
    }

    private BatchDecision later(BatchState state, Failure failure) {
        Duration wait = backoff;
        backoff = wait.multipliedBy(2).compareTo(LAST_BACKOFF) < 0 ? wait.multipliedBy(2) : LAST_BACKOFF;
        return BatchDecision.of(new CoordinatorAction.RetryLater(state.incarnation(), failure, wait));
    }

    private BatchDecision visible(BatchState state, Publication publication, DecisionTime now) {
        BatchEvent published = new BatchEvent.SupplementPublished(
                now.instant(),
                publication.manifestSha256(),
                publication.others().stream().map(PublishedOutput::manifest).toList());
        return BatchDecision.persist(List.of(published), start(RedriveStep.END, state.incarnation()));
    }

    private CoordinatorAction log(Failure failure) {
        return new CoordinatorAction.WriteLog(
                "{}: something is left of its redrive, and is removed later: {}", List.of(batch, failure.message()));
    }

    private CoordinatorAction done(BatchCommand.Redrive asked) {
        return new CoordinatorAction.Send<>(asked.replyTo(), new ControlReply.Done(batch, Phase.PUBLISHED));
    }

    private CoordinatorAction refusal(BatchCommand.Redrive asked, String reason) {
        return new CoordinatorAction.Send<>(asked.replyTo(), new ControlReply.Refused(batch, reason));
    }
}
