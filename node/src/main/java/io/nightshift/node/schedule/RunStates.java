package io.nightshift.node.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.JobRun;
import io.nightshift.coordinator.schedule.JobTexts;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.BatchQueries.RunOutcome;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.RunKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// The present states of runs. An applied job knows what its own runs led to. The batch register also knows
/// what was submitted by other means: by a backfill, by hand, or by a retry of a failed batch.
final class RunStates {

    private final BatchQueries batches;

    RunStates(BatchQueries batches) {
        this.batches = batches;
    }

    /// The runs with their present states, in the same order.
    ///
    /// @param applied the job of the runs
    CompletionStage<List<JobRun>> now(AppliedJob applied, List<JobRun> runs) {
        Map<JobRun, RunKey> asked = new HashMap<>();
        for (JobRun run : runs) {
            RunKey key = mayHaveChanged(run) ? key(applied, run) : null;
            if (key != null) {
                asked.put(run, key);
            }
        }
        if (asked.isEmpty()) {
            return CompletableFuture.completedFuture(runs);
        }
        return batches.outcomes(asked.values())
                .thenApply(outcomes -> runs.stream()
                        .map(run -> {
                            RunKey key = asked.get(run);
                            RunOutcome outcome = key == null ? null : outcomes.get(key);
                            return outcome == null ? run : with(run, outcome);
                        })
                        .toList());
    }

    private static boolean mayHaveChanged(JobRun run) {
        return switch (run.state()) {
            case "missing", "failed", "cancelled", "refused", "skipped" -> true;
            default -> false;
        };
    }

    /// Null if the job file has no such run any more.
    private static @Nullable RunKey key(AppliedJob applied, JobRun run) {
        try {
            RunKey key = RunKey.of(JobTexts.job(String.valueOf(applied.text()), applied.folder(), run.parameters()));
            // A job without parameters has only one run, so its batches do not tell its ticks apart.
            return key.parameters().isEmpty() ? null : key;
        } catch (JobFileException e) {
            return null;
        }
    }

    private static JobRun with(JobRun run, RunOutcome outcome) {
        String state = switch (outcome.description().state()) {
            case "published" -> "published";
            case "failed", "damaged" -> "failed";
            case "cancelled" -> "cancelled";
            default -> "running";
        };
        return new JobRun(
                run.run(),
                run.cause(),
                run.tick(),
                run.parameters(),
                state,
                outcome.batch().value(),
                state.equals("failed") ? outcome.description().reason() : null,
                run.revision(),
                run.dueAt(),
                outcome.description().submittedAt(),
                run.endedAt());
    }
}
