package io.nightshift.coordinator.batch.observation;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.attempt.ErrorLimit;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Tells the alert outbox which alerts a batch has. All of them follow from the batch's state and the time,
/// so that a new coordinator after a crash finds the same. Each is sent until the outbox has acknowledged it.
///
/// The end of a cause is sent if this coordinator has sent its beginning, or has seen the batch end, or the
/// outbox asks. So an end that is lost in a crash is found when the outbox asks.
///
/// Deterministic, like [BatchDecisions], and used by one thread.
public final class AlertReports {

    /// The time between two messages about the same, until the outbox answers.
    public static final Duration REPEAT = Duration.ofSeconds(10);

    /// How many times alerts may begin and end between two entries of the ledger, for [#version].
    private static final long CHANGES = 1_024;

    /// Whether a cause exists now. A cause without a condition stays as it is: a failed batch that is retried
    /// may fail again.
    ///
    /// @param isActive whether the cause exists
    /// @param text what happened, or how the cause ended, in one or two sentences
    record Condition(AlertCause cause, boolean isActive, String text) {}

    /// How long a coordinator that has taken over a batch waits for its first progress. Otherwise the time in which
    /// no node had the batch would raise an alert.
    static final Duration FIRST_PROGRESS = Duration.ofMinutes(2);

    /// For how long a deadline is at risk before anyone is told.
    private static final Duration RISK_TIME = Duration.ofMinutes(1);

    private record Sent(boolean isActive, long version, Instant at, boolean isRecorded) {}

    private final BatchId batch;
    private final Duration stalledAfter;
    private final Instant since;
    private final Map<AlertCause, Sent> sent = new EnumMap<>(AlertCause.class);

    private long entries;
    private long changes;
    private @Nullable Phase phase;
    private boolean isEndSeen;

    /// The progress that attempts have made since the last progress that the ledger holds.
    private @Nullable Instant progressAt;

    private @Nullable Instant ledgerProgressAt;

    /// When the window opens, or has opened, that the batch has waited for last; null if it has not waited.
    private @Nullable Instant windowOpens;

    private long rows;

    /// Since when the deadline has been at risk; null if it is not.
    private @Nullable Instant riskSince;

    /// Why a step of this coordinator stalls; null if none does.
    private @Nullable String stalledStep;

    private @Nullable String damage;
    private boolean isClosed;

    /// @param stalledAfter how long the batch may make no progress
    /// @param since when this coordinator took over the batch
    public AlertReports(BatchId batch, Duration stalledAfter, Instant since) {
        this.batch = batch;
        this.stalledAfter = stalledAfter;
        this.since = since;
    }

    /// A background task waits for a file system that does not answer.
    public void stepStalled(Failure failure) {
        stalledStep = failure.message();
    }

    /// The batch's ledger can't be read.
    public void damaged(String reason) {
        damage = reason;
    }

    /// An operator has closed the damaged batch.
    public void closed() {
        isClosed = true;
    }

    /// The outbox has acknowledged a message.
    public void recorded(AlertReply.Recorded recorded) {
        sent.computeIfPresent(
                recorded.cause(),
                (cause, last) -> last.version() == recorded.version()
                        ? new Sent(last.isActive(), last.version(), last.at(), true)
                        : last);
    }

    /// Whether the outbox has not acknowledged something.
    public boolean isUnrecorded() {
        return sent.values().stream().anyMatch(last -> !last.isRecorded());
    }

    /// The commands to send now about a batch without a deadline.
    public List<AlertCommand> due(
            BatchState state, long rowsDone, Instant now, boolean isAsked, ActorRef<AlertReply> replyTo) {
        return due(state, rowsDone, null, now, isAsked, replyTo);
    }

    /// The commands to send now.
    ///
    /// @param timing the batch's deadline and forecast; null if it has none
    /// @param rowsDone rows that are committed, or that attempts in flight have scored
    /// @param isAsked whether the outbox asks for everything
    /// @param replyTo receives the outbox's answers
    public List<AlertCommand> due(
            BatchState state,
            long rowsDone,
            BatchDescription.@Nullable Timing timing,
            Instant now,
            boolean isAsked,
            ActorRef<AlertReply> replyTo) {
        observe(state, rowsDone, now);
        observeWindow(timing, now);
        List<AlertCommand> due = new ArrayList<>();
        for (Condition condition : conditions(state, timing, now)) {
            Sent last = sent.get(condition.cause());
            if (!isDue(condition, last, now, isAsked)) {
                continue;
            }
            if (last != null && last.isActive() != condition.isActive()) {
                changes++;
            }
            long version = version(state);
            sent.put(condition.cause(), new Sent(condition.isActive(), version, now, false));
            due.add(command(state, condition, version, replyTo));
        }
        isEndSeen = false;
        return due;
    }

    private boolean isDue(Condition condition, @Nullable Sent last, Instant now, boolean isAsked) {
        if (isAsked) {
            return true;
        }
        if (last == null) {
            return condition.isActive() || isEndSeen;
        }
        return last.isActive() != condition.isActive()
                || (!last.isRecorded() && !last.at().plus(REPEAT).isAfter(now));
    }

    /// Grows with the ledger, and with each change of an alert between two entries.
    private long version(BatchState state) {
        return state.entries() * CHANGES + Math.min(changes, CHANGES - 1);
    }

    private AlertCommand command(BatchState state, Condition condition, long version, ActorRef<AlertReply> replyTo) {
        AlertSubject subject = AlertSubject.of(batch);
        Job job = state.submitted() == null ? null : state.submitted().job();
        return condition.isActive()
                ? new AlertCommand.Raise(
                        subject,
                        condition.cause(),
                        version,
                        job == null ? null : job.name(),
                        condition.text(),
                        job == null ? List.of() : channels(job, condition.cause()),
                        replyTo)
                : new AlertCommand.Resolve(subject, condition.cause(), version, condition.text(), replyTo);
    }

    private static List<String> channels(Job job, AlertCause cause) {
        Set<String> channels = new TreeSet<>();
        for (AlertRule rule : job.alerts()) {
            if (rule.causes().contains(cause)) {
                channels.add(rule.channel());
            }
        }
        return List.copyOf(channels);
    }

    private void observe(BatchState state, long rowsDone, Instant now) {
        if (state.entries() != entries) {
            entries = state.entries();
            changes = 0;
        }
        isEndSeen = isEndSeen || (phase != null && phase != state.phase() && !state.isOpen());
        phase = state.phase();
        if (!Objects.equals(ledgerProgressAt, state.progressAt())) {
            ledgerProgressAt = state.progressAt();
            progressAt = ledgerProgressAt;
            rows = rowsDone;
            stalledStep = null;
        } else if (rowsDone > rows) {
            // Attempts that fail again and again reach the same rows again, which is no progress.
            rows = rowsDone;
            progressAt = now;
        }
    }

    /// A batch that waits for its window is not expected to progress. It has its time from the opening on,
    /// even if the coordinator sleeps until then.
    private void observeWindow(BatchDescription.@Nullable Timing timing, Instant now) {
        if (timing != null && timing.windowOpens() != null) {
            windowOpens = timing.windowOpens();
        }
        if (windowOpens != null) {
            Instant waited = windowOpens.isBefore(now) ? windowOpens : now;
            progressAt = progressAt == null || progressAt.isBefore(waited) ? waited : progressAt;
        }
    }

    // Conditions.

    private List<Condition> conditions(BatchState state, BatchDescription.@Nullable Timing timing, Instant now) {
        if (damage != null) {
            return List.of(
                    isClosed
                            ? new Condition(AlertCause.FAILED, false, "The damaged batch was closed.")
                            : new Condition(AlertCause.FAILED, true, "Batch %s: %s".formatted(batch, damage)));
        }
        if (state.phase() == null) {
            return List.of();
        }
        List<Condition> conditions = new ArrayList<>();
        switch (state.phase()) {
            case FAILED -> failed(state, conditions);
            case PUBLISHED -> ended("The batch is published.", conditions);
            case CANCELLED -> ended("The batch was cancelled.", conditions);
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD -> {}
        }
        conditions.add(held(state));
        conditions.add(stalled(state, now));
        conditions.add(nodeExcluded(state));
        String candidate = candidateFailure(state);
        if (candidate != null) {
            conditions.add(candidateFailed(state, candidate));
        }
        if (timing != null && timing.deadline() != null) {
            conditions.add(deadlineAtRisk(timing, timing.deadline(), now));
            conditions.add(deadlineMissed(state, timing, timing.deadline()));
        }
        return conditions;
    }

    /// A forecast changes all the time. So an alert begins when the deadline was at risk for a minute, and
    /// ends when the forecast is earlier than the deadline by a tenth of the time that is left.
    private Condition deadlineAtRisk(BatchDescription.Timing timing, Instant deadline, Instant now) {
        BatchDescription.Forecast forecast = timing.forecast();
        if (forecast == null || timing.deadlineMissed()) {
            riskSince = null;
            return new Condition(
                    AlertCause.DEADLINE_AT_RISK,
                    false,
                    timing.deadlineMissed() ? "The deadline has passed." : "The batch has no forecast any more.");
        }
        Sent last = sent.get(AlertCause.DEADLINE_AT_RISK);
        boolean isRaised = last != null && last.isActive();
        Duration margin = isRaised ? Duration.between(now, deadline).dividedBy(10) : Duration.ZERO;
        if (!forecast.late().isAfter(deadline.minus(margin))) {
            riskSince = null;
            return new Condition(
                    AlertCause.DEADLINE_AT_RISK,
                    false,
                    "The batch ends before its deadline with 95 %%, at %s.".formatted(forecast.late()));
        }
        riskSince = riskSince == null ? now : riskSince;
        boolean isLasting = isRaised || !riskSince.plus(RISK_TIME).isAfter(now);
        String workers = forecast.wantedWorkers() == 0
                ? "No number of workers suffices"
                : "It needs about %.1f times as many workers as work on it"
                        .formatted(forecast.wantedWorkers() / Math.max(1, forecast.workers()));
        return new Condition(
                AlertCause.DEADLINE_AT_RISK,
                isLasting,
                "Batch %s may miss its deadline, %s: it ends at about %s, and with 95 %% before %s. %s"
                        .formatted(batch, deadline, forecast.median(), forecast.late(), workers));
    }

    private Condition deadlineMissed(BatchState state, BatchDescription.Timing timing, Instant deadline) {
        return state.isOpen() && timing.deadlineMissed()
                ? new Condition(
                        AlertCause.DEADLINE_MISSED,
                        true,
                        "Batch %s is %s after its deadline, %s".formatted(batch, state.phase(), deadline))
                : new Condition(
                        AlertCause.DEADLINE_MISSED,
                        false,
                        state.isOpen() ? "The deadline is ahead." : "The batch is %s.".formatted(state.phase()));
    }

    /// Without examples of the input's values, since the text leaves the cluster.
    private void failed(BatchState state, List<Condition> conditions) {
        String violation = state.plan() == null
                ? null
                : ErrorLimit.violation(
                        state.submission().job().errors(), state.plan().index().rows(), state.totals(), List.of());
        Failure failure = state.failure();
        String reason = violation != null ? violation : failure == null ? "it has failed" : failure.message();
        conditions.add(new Condition(AlertCause.FAILED, true, "Batch %s failed: %s".formatted(batch, reason)));
        conditions.add(
                violation == null
                        ? new Condition(
                                AlertCause.QUARANTINE_RATE, false, "The batch no longer exceeds its error limit.")
                        : new Condition(
                                AlertCause.QUARANTINE_RATE, true, "Batch %s failed: %s".formatted(batch, violation)));
    }

    private static void ended(String reason, List<Condition> conditions) {
        conditions.add(new Condition(AlertCause.FAILED, false, reason));
        conditions.add(new Condition(AlertCause.QUARANTINE_RATE, false, reason));
    }

    private Condition held(BatchState state) {
        return state.phase() == Phase.HELD && state.checked() != null
                ? new Condition(
                        AlertCause.HELD,
                        true,
                        "Batch %s is held until someone approves or cancels it: %s"
                                .formatted(batch, state.checked().sentence(BatchCheck.OnFail.HOLD)))
                : new Condition(AlertCause.HELD, false, "The batch is %s.".formatted(state.phase()));
    }

    /// Why the candidate of the rollout has failed; null if it has not.
    private static @Nullable String candidateFailure(BatchState state) {
        CanaryState canary = state.canary();
        ShadowState shadow = state.shadow();
        if (canary != null && canary.status().state() == Canary.State.FAILED) {
            return canary.status().sentence();
        }
        String untried = state.submission().untried();
        if (untried != null) {
            return "no candidate is tried: " + untried;
        }
        return shadow == null || shadow.reason() == null
                ? null
                : "%s scores no more partitions in addition: %s".formatted(shadow.candidate(), shadow.reason());
    }

    /// A candidate may fail at the very end, so the end of the batch ends an alert only after it was recorded.
    private Condition candidateFailed(BatchState state, String reason) {
        Sent last = sent.get(AlertCause.CANDIDATE_FAILED);
        boolean isTold = last != null && (last.isRecorded() || !last.isActive());
        return state.isOpen() || !isTold
                ? new Condition(AlertCause.CANDIDATE_FAILED, true, "Batch %s: %s".formatted(batch, reason))
                : new Condition(AlertCause.CANDIDATE_FAILED, false, "The batch is %s.".formatted(state.phase()));
    }

    private Condition stalled(BatchState state, Instant now) {
        boolean isExpectedToProgress =
                state.phase() == Phase.SUBMITTED || state.phase() == Phase.RUNNING || state.phase() == Phase.PUBLISHING;
        if (!isExpectedToProgress || progressAt == null) {
            return new Condition(AlertCause.STALLED, false, "The batch is %s.".formatted(state.phase()));
        }
        TimeWindow window = WindowGate.window(state);
        Instant opens = window == null ? progressAt : window.at(now).opens();
        if (opens.isAfter(now)) {
            return new Condition(AlertCause.STALLED, false, "The batch waits for its window.");
        }
        Duration waited = Duration.between(opens.isAfter(progressAt) ? opens : progressAt, now);
        boolean isNew = now.isBefore(since.plus(FIRST_PROGRESS));
        if (stalledStep == null && (isNew || waited.compareTo(stalledAfter) < 0)) {
            return new Condition(AlertCause.STALLED, false, "The batch makes progress again.");
        }
        String reason = stalledStep != null
                ? ": " + stalledStep
                : state.outage() == null ? "" : ": " + state.outage().failure().message();
        return new Condition(
                AlertCause.STALLED,
                true,
                "Batch %s has made no progress for %s%s".formatted(batch, text(waited), reason));
    }

    private static String text(Duration waited) {
        return waited.toMinutes() < 2 ? waited.toSeconds() + " s" : waited.toMinutes() + " min";
    }

    private Condition nodeExcluded(BatchState state) {
        ResourceOutage outage = state.outage();
        if (outage == null || outage.reports().isEmpty() || !state.isOpen() || state.phase() == Phase.FAILED) {
            return new Condition(AlertCause.NODE_EXCLUDED, false, "No node is excluded from the batch any more.");
        }
        return new Condition(
                AlertCause.NODE_EXCLUDED,
                true,
                "Batch %s excludes nodes: %s"
                        .formatted(
                                batch,
                                outage.reports().entrySet().stream()
                                        .map(entry -> excluded(entry.getKey(), entry.getValue()))
                                        .sorted()
                                        .collect(Collectors.joining("; "))));
    }

    private static String excluded(FailedResource resource, Set<String> nodes) {
        return "%s can't use the %s %s"
                .formatted(
                        nodes.stream().sorted().collect(Collectors.joining(", ")),
                        resource.type().title(),
                        resource.name());
    }
}
