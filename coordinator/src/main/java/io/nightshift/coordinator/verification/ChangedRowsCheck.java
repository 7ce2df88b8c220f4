package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.incremental.PlannedRows.Member;
import io.nightshift.coordinator.incremental.PlannedRows.Stored;
import io.nightshift.coordinator.incremental.RowMarks;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RowSetsTable;
import io.nightshift.destination.Check;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.changed.ChangedRowScan;
import io.nightshift.source.changed.RowSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Proves that a batch of a job with changed rows scores those rows, and no others: that the stored fingerprints
/// of all batches of the source are those of their plans, that the batch was compared with published batches, and
/// that it repeats no row of these. If its input is still there, it is read again: every row that the batch leaves
/// out is as it was scored before.
final class ChangedRowsCheck {

    /// A batch as its ledger describes it.
    ///
    /// @param set the rows of its plan; null if it has no plan
    record Batch(BatchId id, boolean isPublished, @Nullable RowSet set) {}

    /// The computations on the stored fingerprints and the source.
    interface Computation {
        /// The digest of a stored set.
        String digest(Stored stored);

        /// The digest of the set that stands for others.
        String merged(List<RowSet> members);

        /// The number of rows of a set that are the same in the sets before it.
        long repeated(RowSet set, List<RowSet> before);

        /// The digest of the rows of the source that have changed now; empty, if the input is not the planned one.
        ///
        /// @throws FailureException if the source can't be read
        Optional<String> changed(List<RowSet> before);
    }

    private ChangedRowsCheck() {}

    /// @param state of the batch that is verified
    static void run(Ledger ledger, Destinations destinations, BatchState state, Check check) {
        Job job = state.submission().job();
        String source = job.incrementalSource();
        Map<BatchId, Batch> batches = new LinkedHashMap<>();
        IncrementalCheck.forEachBatch(ledger.registered(), job.name(), entry -> {
            if (entry.end().filter(Phase.CANCELLED::equals).isEmpty()) {
                Batch batch = batch(ledger.state(entry.batch()), source);
                if (batch != null) {
                    batches.put(batch.id(), batch);
                }
            }
        });
        RowSetsTable sets = ledger.rowSets();
        prove(state.batch(), batches, sets.find(source), computation(sets, destinations, state), check);
    }

    private static @Nullable Batch batch(BatchState state, String source) {
        if (state.phase() == null
                || state.phase() == Phase.CANCELLED
                || !(state.submission().job().incremental() instanceof ChangedRows)
                || !state.submission().job().incrementalSource().equals(source)) {
            return null;
        }
        return new Batch(state.batch(), state.phase() == Phase.PUBLISHED, state.plan() == null ? null : set(state));
    }

    private static @Nullable RowSet set(BatchState state) {
        for (SourceFile file : state.pinned().files()) {
            RowSet set = RowSet.of(file);
            if (set != null) {
                return set;
            }
        }
        return null;
    }

    private static Computation computation(RowSetsTable sets, Destinations destinations, BatchState state) {
        Job job = state.submission().job();
        return new Computation() {
            @Override
            public String digest(Stored stored) {
                return sets.digest(stored);
            }

            @Override
            public String merged(List<RowSet> members) {
                return RowSetsTable.digest(
                        members, visitor -> destinations.sources().lastRows(members, visitor));
            }

            @Override
            public long repeated(RowSet set, List<RowSet> before) {
                return ChangedRowScan.repeated(destinations.duckDb().get(), sets, set, before);
            }

            @Override
            public Optional<String> changed(List<RowSet> before) {
                List<SourceFile> pinned = state.pinned().files().stream()
                        .filter(file -> RowSet.of(file) == null)
                        .toList();
                PinComparison pins = destinations.sources().pins(job);
                if (!pins.isDoneByReaders() && SourcePins.change(pinned, pins).isPresent()) {
                    return Optional.empty();
                }
                List<InspectedFile> files = pinned.stream()
                        .map(file -> new InspectedFile(file, file.isLookup() ? List.of() : List.of(file.rows())))
                        .toList();
                return Optional.of(RowSetsTable.digest(
                        before,
                        visitor -> destinations.sources().changedRows(job).changed(files, before, visitor)));
            }
        };
    }

    /// @param batches those of the source that are not cancelled
    /// @param stored all sets of the source
    static void prove(
            BatchId verified, Map<BatchId, Batch> batches, List<Stored> stored, Computation computation, Check check) {
        Map<Member, Stored> byName = new HashMap<>();
        for (Stored each : stored) {
            byName.put(Member.of(each.set()), each);
            Batch batch = batches.get(each.set().batch());
            if (each.isPublished()
                    && !each.isMerged()
                    && (batch == null || !batch.isPublished() || !each.set().equals(batch.set()))) {
                check.problem(
                        "rows count as scored by %s, which has not published them",
                        each.set().batch());
            }
        }
        long rows = 0;
        long published = 0;
        long removed = 0;
        for (Batch batch : batches.values()) {
            RowSet set = batch.set();
            Stored found = set == null ? null : byName.get(Member.of(set));
            if (set != null && found == null && batch.isPublished() && RowMarks.isRemoved(batch.id(), stored)) {
                removed++;
            } else if (set != null && found == null && batch.isPublished()) {
                check.open(
                        "the fingerprints of the rows of %s are not in this ledger's database, for example because the ledger was imported",
                        batch.id());
                return;
            }
            if (found != null && !computation.digest(found).equals(found.set().digest())) {
                check.problem("the fingerprints of the rows of %s were changed after it was planned", batch.id());
            }
            if (batch.isPublished() && set != null) {
                published++;
                rows += set.rows();
            }
        }
        Batch batch = batches.get(verified);
        RowSet set = batch == null ? null : batch.set();
        if (set == null) {
            check.open("not checked, because the batch has no plan");
            return;
        }
        boolean isRemoved = !byName.containsKey(Member.of(set)) && RowMarks.isRemoved(set.batch(), stored);
        String source = isRemoved
                ? "; it was not compared with other batches, because its fingerprints are removed"
                : check.hasProblems() ? "" : compare(set, byName, batches, stored, computation, check);
        check.proved(
                "%,d published batches of this source have scored %,d rows%s; this one scores %,d that had changed%s",
                published,
                rows,
                removed == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", and the fingerprints of the %,d oldest are removed, since no later run needs them",
                                removed),
                set.rows(),
                source);
    }

    /// Compares a batch with those that it was compared with when it was planned, and with the source.
    ///
    /// @return what is known of the source, for the end of a sentence
    private static String compare(
            RowSet set,
            Map<Member, Stored> byName,
            Map<BatchId, Batch> batches,
            List<Stored> stored,
            Computation computation,
            Check check) {
        Stored own = byName.get(Member.of(set));
        if (own == null) {
            return ", and repeats none";
        }
        if (own.compared().stream().anyMatch(member -> isRemoved(member, byName, batches, stored))) {
            return "; it was not compared with earlier batches, because their fingerprints are removed";
        }
        List<RowSet> before = published(own, byName, batches, stored, computation, check);
        if (before == null) {
            return "";
        }
        long repeated = computation.repeated(set, before);
        if (repeated > 0) {
            check.problem(
                    "%s scores %,d rows that have not changed since an earlier batch scored them",
                    set.batch(), repeated);
        }
        try {
            Optional<String> now = computation.changed(before);
            if (now.isPresent() && !now.get().equals(set.digest())) {
                check.problem("the rows of the source that have changed are not those that %s scores", set.batch());
            }
            return ", and repeats none"
                    + (now.isPresent()
                            ? "; every other row of the source is as it was scored before"
                            : "; the rows that it leaves out were not compared, because the input has changed since");
        } catch (FailureException e) {
            return ", and repeats none; the rows that it leaves out were not compared, because the input can't be read: "
                    + e.getMessage();
        }
    }

    /// Whether a set of published rows was removed, because no later run needs it.
    private static boolean isRemoved(
            Member member, Map<Member, Stored> byName, Map<BatchId, Batch> batches, List<Stored> stored) {
        Batch batch = batches.get(member.batch());
        return !byName.containsKey(member)
                && batch != null
                && batch.isPublished()
                && RowMarks.isRemoved(member.batch(), stored);
    }

    /// The sets that a set was compared with, or that it stands for; null if they were not published.
    private static @Nullable List<RowSet> published(
            Stored set,
            Map<Member, Stored> byName,
            Map<BatchId, Batch> batches,
            List<Stored> stored,
            Computation computation,
            Check check) {
        List<RowSet> members = new ArrayList<>();
        for (Member member : set.compared()) {
            Stored theirs = byName.get(member);
            Batch batch = batches.get(member.batch());
            if (theirs == null || batch == null || !batch.isPublished()) {
                check.problem(
                        "%s was compared with rows that %s has not published",
                        set.set().batch(), member.batch());
                return null;
            }
            if (theirs.isMerged()) {
                String digest;
                if (theirs.compared().stream().anyMatch(each -> isRemoved(each, byName, batches, stored))) {
                    digest = computation.digest(theirs);
                } else {
                    List<RowSet> merged = published(theirs, byName, batches, stored, computation, check);
                    if (merged == null) {
                        return null;
                    }
                    digest = computation.merged(merged);
                }
                if (!digest.equals(member.digest())) {
                    check.problem("the fingerprints of the batches up to %s were changed", member.batch());
                }
            } else if (!theirs.set().equals(batch.set())) {
                check.problem(
                        "%s was compared with rows that %s has not published",
                        set.set().batch(), member.batch());
                return null;
            }
            members.add(theirs.set());
        }
        return members;
    }
}
