package io.nightshift.node.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.job.JobText;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The content of a batch's page that comes from its ledger. Its size does not depend on the number of partitions.
/// Reads only the entries that are new. Its methods wait for the database. Safe for several threads.
final class BatchTimeline {

    /// Cells of the map of partitions.
    static final int MOST_CELLS = 400;

    private static final int MOST_LANE_SPANS = 60;
    private static final int FEWEST_LANE_SPANS = 10;

    /// The spans of all nodes together, unless there are very many nodes.
    private static final int ALL_LANE_SPANS = 3_000;
    private static final int MOST_MARKS = 30;

    /// The last events.
    static final int MOST_EVENTS = 60;

    /// Phases of a batch that was paused and resumed very often: the last ones are kept.
    private static final int MOST_PHASES = 200;

    private BatchState state;
    private final Deque<PhaseSpan> phases = new ArrayDeque<>();
    private int phasesBefore;
    private @Nullable CommitRate rate;
    private final Deque<Mark> failures = new ArrayDeque<>();
    private long failureCount;
    private final Deque<Mark> takeovers = new ArrayDeque<>();
    private final Deque<EventLine> events = new ArrayDeque<>();
    private @Nullable String rendered;

    BatchTimeline(BatchId batch) {
        state = BatchState.initial(batch);
    }

    /// @param to null for the present phase
    /// @param by the name of the caller's token, if a caller began the phase; otherwise null
    @JsonInclude(Include.NON_NULL)
    private record PhaseSpan(
            String phase,
            Instant from,
            @Nullable Instant to,
            @Nullable String by) {}

    @JsonInclude(Include.NON_NULL)
    private record Mark(
            Instant at,
            String node,
            @Nullable Integer partition,
            @Nullable String reason) {}

    /// @param seconds of a span of time
    /// @param rows committed in each span
    @SuppressWarnings("ArrayRecordComponent") // rendered, not compared
    private record Rate(Instant start, long seconds, long[] rows) {}

    /// @param seconds of a span of time
    /// @param nodes rows committed in each span, by node
    private record Lanes(Instant start, long seconds, Map<String, long[]> nodes) {}

    /// Neighbouring partitions, as numbers: the first one, how many, how many of them are committed, their
    /// rows, their quarantined rows, their failed attempts, and the longest time on a scoring thread in
    /// milliseconds.
    private record PartitionMap(int partitions, List<long[]> cells) {}

    private record Detail(
            String batch,
            long entries,
            String head,
            @Nullable JsonNode job,
            List<PhaseSpan> phases,
            int phasesBefore,
            @Nullable PartitionMap map,
            @Nullable Rate rate,
            @Nullable Lanes lanes,
            long failureCount,
            List<Mark> failures,
            List<Mark> takeovers,
            List<EventLine> events,
            int files) {}

    /// @return a JSON object
    /// @throws io.nightshift.protocol.failure.FailureException if the journal can't be read
    /// @throws IllegalStateException if the ledger is damaged
    synchronized String read(Ledger ledger) {
        ledger.forEach(state.batch(), state.entries(), Integer.MAX_VALUE, (number, entry) -> apply(entry));
        return render();
    }

    synchronized String render() {
        String known = rendered;
        if (known == null) {
            known = ApiJson.write(detail());
            rendered = known;
        }
        return known;
    }

    synchronized void apply(LedgerEntry entry) {
        rendered = null;
        BatchState.Applied applied = state.applied(entry);
        BatchState next = applied.state();
        BatchEvent event = applied.event();
        if (next.phase() != null && next.phase() != state.phase()) {
            begin(next.phase().toString(), event);
        }
        state = next;
        keep(events, EventLine.of(state.entries(), event), MOST_EVENTS);
        switch (event) {
            case BatchEvent.Planned planned -> rate = new CommitRate(planned.at());
            case BatchEvent.Committed committed -> committed.commits().forEach(commit -> add(committed.at(), commit));
            case BatchEvent.AttemptFailed failed -> {
                failureCount++;
                keep(
                        failures,
                        new Mark(
                                failed.at(),
                                failed.node(),
                                failed.partition(),
                                failed.failure().message()),
                        MOST_MARKS);
            }
            case BatchEvent.TookOver takeover ->
                keep(takeovers, new Mark(takeover.at(), takeover.node(), null, null), MOST_MARKS);
            default -> {
                // Seen in the phases, or in the list of events.
            }
        }
    }

    private void begin(String phase, BatchEvent event) {
        PhaseSpan last = phases.pollLast();
        if (last != null) {
            phases.add(new PhaseSpan(last.phase(), last.from(), event.at(), last.by()));
        }
        phases.add(new PhaseSpan(phase, event.at(), null, event.by()));
        if (phases.size() > MOST_PHASES) {
            phases.remove();
            phasesBefore++;
        }
    }

    private void add(Instant at, PartitionCommit commit) {
        Objects.requireNonNull(rate).add(at, commit.node(), commit.rows());
    }

    private static <T> void keep(Deque<T> last, T next, int most) {
        last.add(next);
        if (last.size() > most) {
            last.remove();
        }
    }

    private Detail detail() {
        return new Detail(
                state.batch().value(),
                state.entries(),
                state.head(),
                state.submitted() == null
                        ? null
                        : ApiJson.read(JobText.of(state.submitted().job()), JsonNode.class),
                List.copyOf(phases),
                phasesBefore,
                state.plan() == null ? null : map(),
                rate == null ? null : new Rate(rate.start(), rate.seconds(CommitRate.SPANS), rate.all()),
                rate == null ? null : lanes(rate),
                failureCount,
                List.copyOf(failures),
                List.copyOf(takeovers),
                List.copyOf(events),
                state.plan() == null ? 0 : state.plan().files().size());
    }

    private static Lanes lanes(CommitRate rate) {
        int most = Math.clamp(ALL_LANE_SPANS / Math.max(1, rate.nodes()), FEWEST_LANE_SPANS, MOST_LANE_SPANS);
        return new Lanes(rate.start(), rate.seconds(most), rate.byNode(most));
    }

    private PartitionMap map() {
        int partitions = state.pinned().index().partitions();
        int count = Math.min(partitions, MOST_CELLS);
        List<long[]> cells = new ArrayList<>(count);
        for (int cell = 0; cell < count; cell++) {
            int first = (int) ((long) cell * partitions / count);
            int end = (int) ((long) (cell + 1) * partitions / count);
            cells.add(cell(first, end));
        }
        return new PartitionMap(partitions, cells);
    }

    private long[] cell(int first, int end) {
        long committed = 0;
        long allRows = 0;
        long quarantined = 0;
        long failed = 0;
        long slowest = 0;
        for (int partition = first; partition < end; partition++) {
            long rows = state.pinned().index().range(partition).rows();
            allRows += rows;
            failed += state.attemptsFailed().getOrDefault(partition, 0);
            if (state.committed().contains(partition)) {
                CommittedTotals totals = state.committed().totals(partition, rows);
                committed++;
                quarantined += totals.quarantined();
                slowest = Math.max(slowest, totals.use().elapsed() / 1_000);
            }
        }
        return new long[] {first, end - first, committed, allRows, quarantined, failed, slowest};
    }
}
