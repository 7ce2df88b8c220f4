package io.nightshift.coordinator.batch.attempt;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.forecast.Forecast;
import io.nightshift.coordinator.forecast.Forecaster;
import io.nightshift.coordinator.forecast.ProgressCurve;
import io.nightshift.coordinator.forecast.RemainingWork;
import io.nightshift.coordinator.timing.Deadline;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.JobTiming;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The deadline and the forecast of a batch. Keeps what they need and the ledger does not hold: the earlier
/// runs of the job, and how many workers score the batch. Both are known again shortly after a restart.
///
/// Deterministic, like [BatchDecisions].
public final class BatchForecast {

    /// How much each observation changes the number of workers.
    private static final double SMOOTHING = 0.05;

    private List<PastRun> history = List.of();
    private double workers;
    private double sum;
    private long observations;

    /// The register sends the earlier runs again and again. An old register sends none.
    public void history(List<PastRun> runs) {
        if (!runs.isEmpty()) {
            history = runs;
        }
    }

    /// Observes how many workers score the batch, with each tick.
    ///
    /// @param isLeasing whether the batch leases partitions now
    public void observe(int inFlight, boolean isLeasing) {
        if (isLeasing && inFlight > 0) {
            workers = workers == 0 ? inFlight : workers + SMOOTHING * (inFlight - workers);
            sum += inFlight;
            observations++;
        }
    }

    /// @param state of a batch that was submitted
    public BatchDescription.Timing timing(BatchState state, AttemptDecisions attempts, DecisionTime now) {
        return timing(state, forecast(state, attempts.rowsInFlight(), now.instant()), now.instant());
    }

    /// The times of a batch as its ledger describes them.
    ///
    /// @param state of a batch that was submitted
    public static BatchDescription.Timing timing(BatchState state, Instant now) {
        return timing(state, null, now);
    }

    private static BatchDescription.Timing timing(
            BatchState state, BatchDescription.@Nullable Forecast forecast, Instant now) {
        BatchEvent.Submitted submitted = state.submission();
        JobTiming timing = submitted.job().timing();
        Instant deadline = deadline(submitted);
        BatchEvent.Published published = state.published();
        Instant end = published == null ? now : published.at();
        return BatchDescription.Timing.of(
                submitted.job().priority(),
                timing.timeZone(),
                state.phase() == Phase.PAUSED ? null : WindowGate.opening(state, now),
                deadline,
                deadline != null && state.phase() != Phase.CANCELLED && end.isAfter(deadline),
                forecast,
                timing.threads() == null ? null : timing.threads().text());
    }

    private BatchDescription.@Nullable Forecast forecast(BatchState state, long rowsInFlight, Instant now) {
        Phase phase = state.phase();
        if (phase != Phase.SUBMITTED && phase != Phase.RUNNING && phase != Phase.PUBLISHING) {
            return null;
        }
        Instant opening = WindowGate.opening(state, now);
        TimeWindow window = state.pausingWindow();
        PinnedPlan plan = state.plan();
        BatchEvent.Submitted submitted = state.submission();
        Forecast forecast = Forecaster.forecast(new RemainingWork(
                opening == null ? now : opening,
                state.curve().at(now, window),
                plan == null
                        ? null
                        : Math.max(0, plan.index().rows() - state.totals().rows() - rowsInFlight),
                plan == null ? 0 : plan.index().partitions() - state.committed().count(),
                rowsInFlight,
                workers,
                history,
                window,
                deadline(submitted)));
        return forecast == null
                ? null
                : new BatchDescription.Forecast(
                        forecast.median().truncatedTo(ChronoUnit.SECONDS),
                        forecast.late().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1),
                        forecast.workers(),
                        forecast.wantedWorkers());
    }

    private static @Nullable Instant deadline(BatchEvent.Submitted submitted) {
        Instant due = submitted.due() == null ? submitted.at() : submitted.due();
        return Deadline.of(submitted.job().timing(), due);
    }

    /// How fast a published batch was; null if that is not known.
    @Nullable
    public PastRun run(BatchState state) {
        ProgressCurve curve = state.curve();
        BatchEvent.Published published = state.published();
        Instant complete =
                state.approved() == null ? curve.last() : state.approved().at();
        if (published == null
                || complete == null
                || curve.rows() < 1
                || state.pinned().index().rows() < 1) {
            return null;
        }
        long rows = state.pinned().index().rows();
        // Rows that were scored twice took time twice.
        double seconds = curve.seconds() * rows / curve.rows();
        long publishing = Duration.between(complete, published.at()).toMillis();
        return new PastRun(
                rows, Math.round(1e3 * seconds), Math.max(0, publishing), observations == 0 ? 0 : sum / observations);
    }
}
