package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A backfill of a job: the runs of a range of dates, started one after the other.
///
/// @param id the backfill's ID, unique within the job
/// @param job the job's name
/// @param revision of the job file that all its runs use
/// @param from the first date
/// @param to the last date
/// @param parallel the most runs at the same time
/// @param all whether it runs again what is published already
/// @param state `running`, `paused`, `cancelled` or `done`
/// @param startedAt when it was started
/// @param startedBy the name of the caller's token
/// @param endedAt when it ended; null before that
/// @param runs number of runs in the range
/// @param waiting runs that have not been looked at yet
/// @param running runs whose batch has not ended
/// @param published runs that the backfill published
/// @param untouched runs that were published before, so that nothing was started
/// @param failed runs that failed, were cancelled or could not be submitted
/// @param problems the last of the runs that are counted as failed, with their reasons; at most 50
public record Backfill(
        String id,
        String job,
        int revision,
        String from,
        String to,
        int parallel,
        boolean all,
        String state,
        Instant startedAt,
        String startedBy,
        @JsonInclude(Include.NON_NULL) @Nullable Instant endedAt,
        int runs,
        int waiting,
        int running,
        int published,
        int untouched,
        int failed,
        List<JobRun> problems) {

    /// Keeps an unmodifiable copy of the list.
    public Backfill {
        problems = List.copyOf(problems);
    }
}
