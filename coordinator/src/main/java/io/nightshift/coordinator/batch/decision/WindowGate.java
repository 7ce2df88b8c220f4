package io.nightshift.coordinator.batch.decision;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Holds a batch back outside its job's window.
///
/// A batch begins with its plan, and only inside the window. Outside, a batch that has begun leases no
/// partition, unless its job says `outside: finish`. Attempts in flight finish and commit, and a batch whose
/// partitions are all committed is published at any time.
///
/// Pure: the caller passes the time.
public final class WindowGate {

    private WindowGate() {}

    /// When the window opens that the batch waits for; null if it waits for none.
    public static @Nullable Instant opening(BatchState state, Instant now) {
        TimeWindow window = window(state);
        if (window == null) {
            return null;
        }
        Instant opens = window.at(now).opens();
        return opens.isAfter(now) ? opens : null;
    }

    /// The window that holds the batch back; null if none does.
    public static @Nullable TimeWindow window(BatchState state) {
        Phase phase = state.phase();
        if (phase != Phase.SUBMITTED && phase != Phase.RUNNING && phase != Phase.PAUSED) {
            return null;
        }
        JobTiming timing = state.submission().job().timing();
        boolean finishes = state.plan() != null
                && timing.window() != null
                && timing.window().outside() == JobWindow.Outside.FINISH;
        return state.ignoresWindow() || finishes ? null : TimeWindow.of(timing);
    }

    /// Whether the batch waits for a resource since before the window opened. That time does not count,
    /// because the batch could not try the resource again.
    public static boolean hasOldOutage(BatchState state, Instant now) {
        TimeWindow window = window(state);
        ResourceOutage outage = state.outage();
        return window != null
                && outage != null
                && window.isOpen(now)
                && outage.since().isBefore(window.at(now).opens());
    }
}
