package io.nightshift.coordinator.batch.state;

import static io.nightshift.protocol.batch.Phase.CANCELLED;
import static io.nightshift.protocol.batch.Phase.FAILED;
import static io.nightshift.protocol.batch.Phase.HELD;
import static io.nightshift.protocol.batch.Phase.PAUSED;
import static io.nightshift.protocol.batch.Phase.PUBLISHED;
import static io.nightshift.protocol.batch.Phase.PUBLISHING;
import static io.nightshift.protocol.batch.Phase.RUNNING;
import static io.nightshift.protocol.batch.Phase.SUBMITTED;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.CanaryStarted;
import io.nightshift.protocol.batch.BatchEvent.Cancelled;
import io.nightshift.protocol.batch.BatchEvent.CandidatePromoted;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.OutageEnded;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.RemovalBegun;
import io.nightshift.protocol.batch.BatchEvent.Removed;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Resumed;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.ShadowAbandoned;
import io.nightshift.protocol.batch.BatchEvent.ShadowStarted;
import io.nightshift.protocol.batch.BatchEvent.StepFailed;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchEvent.Unpublished;
import io.nightshift.protocol.batch.BatchEvent.WindowIgnored;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.Phase;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The events that may happen in each phase, and the phase that follows. This table is the only one: the
/// fold [BatchState], the decisions and [ControlRules] read it, and the table in the documentation is
/// generated from it.
///
/// Every batch starts with `Submitted`, which leads to the phase `submitted` and never happens again.
public final class Transitions {

    /// The phase that follows an event.
    enum Target {
        /// The phase does not change.
        SAME,
        /// `publishing` if every partition is now committed and the plan is not to be extended, else
        /// `running`.
        BY_PROGRESS,
        /// The phase in which the batch stopped: `submitted` without a plan, else as [#BY_PROGRESS].
        WHERE_IT_STOPPED,
        /// `held` if a failed check holds the batch, else `publishing`.
        BY_CHECKS,
        TO_RUNNING,
        TO_PAUSED,
        TO_PUBLISHING,
        TO_PUBLISHED,
        TO_FAILED,
        TO_CANCELLED
    }

    private static final Map<Phase, Map<Class<? extends BatchEvent>, Target>> TABLE = new EnumMap<>(Phase.class);

    static {
        TABLE.put(
                SUBMITTED,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(Planned.class, Target.TO_RUNNING),
                        Map.entry(ExtensionRequested.class, Target.SAME),
                        Map.entry(StepFailed.class, Target.SAME),
                        Map.entry(OutageEnded.class, Target.SAME),
                        Map.entry(WindowIgnored.class, Target.SAME),
                        Map.entry(Paused.class, Target.TO_PAUSED),
                        Map.entry(Failed.class, Target.TO_FAILED),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                RUNNING,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(ExtensionRequested.class, Target.SAME),
                        Map.entry(PlanExtended.class, Target.BY_PROGRESS),
                        Map.entry(PartsReused.class, Target.BY_PROGRESS),
                        Map.entry(CanaryStarted.class, Target.SAME),
                        Map.entry(Committed.class, Target.BY_PROGRESS),
                        Map.entry(CanaryDecided.class, Target.BY_PROGRESS),
                        Map.entry(ShadowStarted.class, Target.SAME),
                        Map.entry(ShadowAbandoned.class, Target.SAME),
                        Map.entry(AttemptFailed.class, Target.SAME),
                        Map.entry(StepFailed.class, Target.SAME),
                        Map.entry(OutageEnded.class, Target.SAME),
                        Map.entry(WindowIgnored.class, Target.SAME),
                        Map.entry(Retried.class, Target.SAME),
                        Map.entry(Rescored.class, Target.SAME),
                        Map.entry(Paused.class, Target.TO_PAUSED),
                        Map.entry(Failed.class, Target.TO_FAILED),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                PAUSED,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(Planned.class, Target.SAME),
                        Map.entry(ExtensionRequested.class, Target.SAME),
                        Map.entry(PlanExtended.class, Target.SAME),
                        Map.entry(PartsReused.class, Target.SAME),
                        Map.entry(CanaryStarted.class, Target.SAME),
                        Map.entry(Committed.class, Target.SAME),
                        Map.entry(CanaryDecided.class, Target.SAME),
                        Map.entry(ShadowStarted.class, Target.SAME),
                        Map.entry(ShadowAbandoned.class, Target.SAME),
                        Map.entry(AttemptFailed.class, Target.SAME),
                        Map.entry(StepFailed.class, Target.SAME),
                        Map.entry(OutageEnded.class, Target.SAME),
                        Map.entry(WindowIgnored.class, Target.SAME),
                        Map.entry(Retried.class, Target.SAME),
                        Map.entry(Rescored.class, Target.SAME),
                        Map.entry(Resumed.class, Target.WHERE_IT_STOPPED),
                        Map.entry(Failed.class, Target.TO_FAILED),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                PUBLISHING,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(Checked.class, Target.BY_CHECKS),
                        Map.entry(CandidatePromoted.class, Target.SAME),
                        Map.entry(ShadowAbandoned.class, Target.SAME),
                        Map.entry(Published.class, Target.TO_PUBLISHED),
                        Map.entry(StepFailed.class, Target.SAME),
                        Map.entry(Failed.class, Target.TO_FAILED),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                HELD,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(Approved.class, Target.TO_PUBLISHING),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                FAILED,
                row(
                        Map.entry(Retried.class, Target.WHERE_IT_STOPPED),
                        Map.entry(ExtensionRequested.class, Target.SAME),
                        Map.entry(WindowIgnored.class, Target.SAME),
                        Map.entry(Rescored.class, Target.SAME),
                        Map.entry(Cancelled.class, Target.TO_CANCELLED)));
        TABLE.put(
                PUBLISHED,
                row(
                        Map.entry(TookOver.class, Target.SAME),
                        Map.entry(RedriveBegun.class, Target.SAME),
                        Map.entry(RedriveFailed.class, Target.SAME),
                        Map.entry(SupplementCommitted.class, Target.SAME),
                        Map.entry(WithdrawalBegun.class, Target.SAME),
                        Map.entry(SupplementPublished.class, Target.SAME),
                        Map.entry(RemovalBegun.class, Target.SAME),
                        Map.entry(Unpublished.class, Target.SAME),
                        Map.entry(Removed.class, Target.SAME)));
        TABLE.put(CANCELLED, Map.of());
    }

    private Transitions() {}

    @SafeVarargs
    private static Map<Class<? extends BatchEvent>, Target> row(
            Map.Entry<Class<? extends BatchEvent>, Target>... entries) {
        Map<Class<? extends BatchEvent>, Target> row = new LinkedHashMap<>();
        for (Map.Entry<Class<? extends BatchEvent>, Target> entry : entries) {
            row.put(entry.getKey(), entry.getValue());
        }
        return row;
    }

    /// Whether the event may happen in this phase.
    public static boolean allows(Phase phase, Class<? extends BatchEvent> event) {
        return target(phase, event).isPresent();
    }

    /// The phases to which an event can lead from another phase.
    public static Set<Phase> destinations(Class<? extends BatchEvent> event) {
        Set<Phase> destinations = EnumSet.noneOf(Phase.class);
        for (Map<Class<? extends BatchEvent>, Target> row : TABLE.values()) {
            switch (row.getOrDefault(event, Target.SAME)) {
                case SAME -> {}
                case BY_PROGRESS -> destinations.addAll(EnumSet.of(RUNNING, PUBLISHING));
                case WHERE_IT_STOPPED -> destinations.addAll(EnumSet.of(SUBMITTED, RUNNING, PUBLISHING));
                case BY_CHECKS -> destinations.add(HELD);
                case TO_RUNNING -> destinations.add(RUNNING);
                case TO_PAUSED -> destinations.add(PAUSED);
                case TO_PUBLISHING -> destinations.add(PUBLISHING);
                case TO_PUBLISHED -> destinations.add(PUBLISHED);
                case TO_FAILED -> destinations.add(FAILED);
                case TO_CANCELLED -> destinations.add(CANCELLED);
            }
        }
        return destinations;
    }

    /// The phase after the event; empty if the event can't happen in this phase.
    ///
    /// @param planned whether the batch has a plan, after the event
    /// @param complete whether every partition is committed, after the event
    /// @param held whether a failed check holds the batch, after the event
    public static Optional<Phase> next(
            Phase phase, Class<? extends BatchEvent> event, boolean planned, boolean complete, boolean held) {
        return target(phase, event).map(target -> switch (target) {
            case SAME -> phase;
            case BY_PROGRESS -> complete ? PUBLISHING : RUNNING;
            case WHERE_IT_STOPPED -> !planned ? SUBMITTED : complete ? PUBLISHING : RUNNING;
            case BY_CHECKS -> held ? HELD : PUBLISHING;
            case TO_RUNNING -> RUNNING;
            case TO_PAUSED -> PAUSED;
            case TO_PUBLISHING -> PUBLISHING;
            case TO_PUBLISHED -> PUBLISHED;
            case TO_FAILED -> FAILED;
            case TO_CANCELLED -> CANCELLED;
        });
    }

    private static Optional<Target> target(Phase phase, Class<? extends BatchEvent> event) {
        return Optional.ofNullable(TABLE.getOrDefault(phase, Map.of()).get(event));
    }

    /// The table as Markdown, for the documentation.
    public static String markdown() {
        StringBuilder table = new StringBuilder("| phase | event | next phase |\n|---|---|---|\n");
        TABLE.forEach((phase, row) -> {
            if (row.isEmpty()) {
                table.append("| `%s` | | the end |\n".formatted(phase));
            }
            row.forEach((event, target) -> table.append(
                    "| `%s` | `%s` | %s |\n".formatted(phase, event.getSimpleName(), describe(phase, target))));
        });
        return table.toString();
    }

    private static String describe(Phase phase, Target target) {
        return switch (target) {
            case SAME -> "`" + phase + "`";
            case BY_PROGRESS -> "`running`, or `publishing` after the last partition";
            case WHERE_IT_STOPPED -> "where it stopped: `submitted`, `running` or `publishing`";
            case BY_CHECKS -> "`publishing`, or `held` after a failed check with `on-fail: hold`";
            case TO_RUNNING -> "`running`";
            case TO_PAUSED -> "`paused`";
            case TO_PUBLISHING -> "`publishing`";
            case TO_PUBLISHED -> "`published`";
            case TO_FAILED -> "`failed`";
            case TO_CANCELLED -> "`cancelled`";
        };
    }
}
