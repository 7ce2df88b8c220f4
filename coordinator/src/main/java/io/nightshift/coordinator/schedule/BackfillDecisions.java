package io.nightshift.coordinator.schedule;

import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
import io.nightshift.coordinator.schedule.ScheduledJobState.BackfillState;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.schedule.ScheduledJobReply.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Decides about the backfills of a job that is applied.
final class BackfillDecisions {

    private final String job;
    private final Timetables timetables;
    private final Submissions submissions;

    private final Map<String, List<BackfillRuns.PlannedRun>> plans = new HashMap<>();

    BackfillDecisions(String job, Timetables timetables, Submissions submissions) {
        this.job = job;
        this.timetables = timetables;
        this.submissions = submissions;
    }

    /// Whether a run of a backfill has neither started nor been left out.
    static boolean isUntouched(ScheduledJobState state, BackfillKey key) {
        BackfillState backfill = state.backfills().get(key.id());
        return backfill != null && !backfill.isOver() && !backfill.isTouched(key.number());
    }

    void start(ScheduleDraft draft, ScheduledJobCommand.StartBackfill start) {
        BackfillState known = draft.state.backfills().get(start.id());
        if (known != null) {
            draft.reply(start.replyTo(), describe(draft.state, known));
            return;
        }
        if (!RunIds.isValid(start.id())) {
            draft.decline(start.replyTo(), Reason.INVALID, RunIds.INVALID);
            return;
        }
        Revision revision = draft.state.requireCurrent();
        List<BackfillRuns.PlannedRun> runs;
        try {
            runs = BackfillRuns.of(timetables.of(draft.state, revision).header(), start.request());
        } catch (BackfillRuns.InvalidRequestException e) {
            draft.decline(start.replyTo(), Reason.INVALID, String.valueOf(e.getMessage()));
            return;
        }
        if (runs.isEmpty()) {
            draft.decline(start.replyTo(), Reason.INVALID, "No run of the job %s lies in the range.".formatted(job));
            return;
        }
        draft.persist(new ScheduledJobEvent.BackfillStarted(
                draft.now, start.id(), start.request(), revision.number(), runs.size(), start.by()));
        draft.reply(
                start.replyTo(),
                describe(
                        draft.state,
                        Objects.requireNonNull(draft.state.backfills().get(start.id()))));
    }

    void show(ScheduleDraft draft, @Nullable String id, ActorRef<ScheduledJobReply<BackfillList>> replyTo) {
        if (id != null && !draft.state.backfills().containsKey(id)) {
            draft.decline(replyTo, Reason.UNKNOWN, noBackfill(id));
            return;
        }
        List<Backfill> backfills = new ArrayList<>();
        draft.state.backfills().values().stream()
                .filter(backfill -> id == null || backfill.id().equals(id))
                .map(backfill -> describe(draft.state, backfill))
                // A list of all must fit into a message.
                .map(backfill -> id == null ? JobDescriptions.withoutProblems(backfill) : backfill)
                .forEach(backfills::addFirst);
        draft.reply(replyTo, new BackfillList(backfills));
    }

    private String noBackfill(String id) {
        return "The job %s has no backfill %s.".formatted(job, id);
    }

    void control(ScheduleDraft draft, ScheduledJobCommand.ControlBackfill control) {
        BackfillState backfill = draft.state.backfills().get(control.id());
        if (backfill == null) {
            draft.decline(control.replyTo(), Reason.UNKNOWN, noBackfill(control.id()));
            return;
        }
        BackfillState.Control wanted = switch (control.control()) {
            case PAUSE -> BackfillState.Control.PAUSED;
            case RESUME -> BackfillState.Control.RUNNING;
            case CANCEL -> BackfillState.Control.CANCELLED;
        };
        if (backfill.control() != wanted) {
            if (backfill.endedAt() != null) {
                draft.decline(
                        control.replyTo(),
                        Reason.CONFLICT,
                        "The backfill %s has ended, so it can't be %s."
                                .formatted(control.id(), participle(control.control())));
                return;
            }
            draft.persist(
                    new ScheduledJobEvent.BackfillControlled(draft.now, control.id(), control.control(), control.by()));
        }
        draft.reply(
                control.replyTo(),
                describe(
                        draft.state,
                        Objects.requireNonNull(draft.state.backfills().get(control.id()))));
    }

    private static String participle(BackfillControl control) {
        return switch (control) {
            case PAUSE -> "paused";
            case RESUME -> "resumed";
            case CANCEL -> "cancelled";
        };
    }

    private Backfill describe(ScheduledJobState state, BackfillState backfill) {
        return JobDescriptions.of(job, backfill, plan(state, backfill));
    }

    /// The runs of a backfill; empty if its job file is lost.
    private List<BackfillRuns.PlannedRun> plan(ScheduledJobState state, BackfillState backfill) {
        plans.keySet().retainAll(state.backfills().keySet());
        return plans.computeIfAbsent(backfill.id(), id -> {
            Revision revision = state.revisions().get(backfill.revision());
            return revision == null
                    ? List.of()
                    : BackfillRuns.of(timetables.of(state, revision).header(), backfill.request());
        });
    }

    /// Submits the runs for which there is room.
    void startRuns(ScheduleDraft draft, BackfillState backfill) {
        if (backfill.control() != BackfillState.Control.RUNNING || backfill.endedAt() != null) {
            return;
        }
        BackfillRequest request = backfill.request();
        Revision revision = draft.state.revisions().get(backfill.revision());
        if (revision == null) {
            return;
        }
        List<BackfillRuns.PlannedRun> runs = plan(draft.state, backfill);
        int room = Math.min(request.parallel() - backfill.running().size(), Submissions.AT_ONCE);
        for (int number = backfill.floor(); number < runs.size() && room > 0; number++) {
            if (!backfill.isTouched(number)) {
                room--;
                submissions.submit(
                        draft,
                        new BackfillKey(backfill.id(), number).toString(),
                        revision,
                        runs.get(number).parameters(),
                        request.all() ? StartMode.BACKFILL_ALL : StartMode.BACKFILL);
            }
        }
    }
}
