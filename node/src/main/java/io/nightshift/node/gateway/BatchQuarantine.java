package io.nightshift.node.gateway;

import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantineReasons.ReasonCount;
import io.nightshift.api.QuarantinedRow;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CommittedBatches;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The quarantined rows of a batch in any phase. The ledger says which attempts were committed, and the
/// destination holds their rows. Blocking; changes nothing.
public final class BatchQuarantine {

    private final CommittedBatch batch;
    private final String state;
    private final Destinations destinations;

    private BatchQuarantine(CommittedBatch batch, String state, Destinations destinations) {
        this.batch = batch;
        this.state = state;
        this.destinations = destinations;
    }

    /// @throws FailureException if the batch has not started
    public static BatchQuarantine of(Ledger ledger, BatchState state, Destinations destinations) {
        if (state.submitted() == null) {
            throw FailureException.permanent("batch %s has not started yet".formatted(state.batch()));
        }
        Removal removal = state.removal();
        if (removal != null) {
            throw FailureException.permanent(
                    "batch %s and its quarantined rows were %s".formatted(state.batch(), removal.sentence()));
        }
        return new BatchQuarantine(CommittedBatches.read(ledger, state), String.valueOf(state.phase()), destinations);
    }

    public String batch() {
        return batch.id().value();
    }

    /// The batch's state, such as `failed`.
    public String state() {
        return state;
    }

    /// Quarantined rows of all committed partitions.
    public long quarantined() {
        return batch.quarantined();
    }

    /// Passes the rows whose reason matches to a reader, in the order of the partitions, until it returns
    /// false.
    ///
    /// @param reason a part of the reason in any case, or null for all rows
    public void forEach(@Nullable String reason, Predicate<QuarantinedRow> reader) {
        rows(batch).forEach(row -> !matches(row, reason) || reader.test(row));
    }

    /// Counts rows by reason, from the first partition on.
    ///
    /// @param most the most rows to read
    public QuarantineReasons reasons(long most) {
        Map<String, ReasonCount> reasons = new LinkedHashMap<>();
        long[] counted = {0};
        QuarantinedRows rows = rows(batch);
        rows.forEach(row -> {
            if (counted[0] == most) {
                return false;
            }
            counted[0]++;
            reasons.merge(
                    row.reason(),
                    new ReasonCount(row.reason(), 1, row),
                    (before, one) -> new ReasonCount(before.reason(), before.rows() + 1, before.example()));
            return true;
        });
        List<ReasonCount> sorted = reasons.values().stream()
                .sorted(Comparator.comparingLong(ReasonCount::rows).reversed())
                .toList();
        return new QuarantineReasons(batch(), state, quarantined(), counted[0], rows.places(), sorted);
    }

    /// Where a page begins.
    ///
    /// @param partition position in the plan
    /// @param row position among the quarantined rows of that partition, from 0
    record Cursor(int partition, long row) {

        static final Cursor START = new Cursor(0, 0);

        /// @throws ProblemException if the text is no cursor
        static Cursor parse(String text) {
            if (!text.matches("[0-9]{1,9}-[0-9]{1,18}")) {
                throw ProblemException.badRequest(
                        "The parameter cursor is invalid. Send the value of next of the previous page.");
            }
            int dash = text.indexOf('-');
            return new Cursor(Integer.parseInt(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
        }

        @Override
        public String toString() {
            return partition + "-" + row;
        }
    }

    /// A page of the rows whose reason matches.
    ///
    /// @param reason a part of the reason in any case, or null for all rows
    /// @param cursor the `next` of the page before, or null for the first page
    /// @param limit the most rows of the page
    /// @param most the most rows to read for it
    /// @throws ProblemException if the cursor is invalid
    public QuarantinedRowPage page(@Nullable String reason, @Nullable String cursor, int limit, long most) {
        Cursor start = cursor == null ? Cursor.START : Cursor.parse(cursor);
        CommittedBatch rest = batch.from(start.partition());
        PageReader page = new PageReader(rest, start, reason, limit, most);
        rows(rest).forEach(page);
        Cursor next = page.next;
        return new QuarantinedRowPage(batch(), state, quarantined(), page.found, next == null ? null : next.toString());
    }

    /// Collects the rows of a page, and knows the partition of each row by the partitions' numbers of rows.
    private static final class PageReader implements Predicate<QuarantinedRow> {

        private final List<PartitionCommit> commits;
        private final Cursor start;
        private final @Nullable String reason;
        private final int limit;
        private final long most;

        private final List<QuarantinedRow> found = new ArrayList<>();
        private int commit;

        /// Rows of the current partition that were passed.
        private long passed;

        private long read;
        private @Nullable Cursor next;

        PageReader(CommittedBatch batch, Cursor start, @Nullable String reason, int limit, long most) {
            this.commits = batch.commits().stream()
                    .filter(each -> each.quarantined() > 0)
                    .toList();
            this.start = start;
            this.reason = reason;
            this.limit = limit;
            this.most = most;
        }

        @Override
        public boolean test(QuarantinedRow row) {
            while (passed == commits.get(commit).quarantined()) {
                commit++;
                passed = 0;
            }
            int partition = commits.get(commit).partition();
            if (partition != start.partition() || passed >= start.row()) {
                if (found.size() == limit || read == most) {
                    next = new Cursor(partition, passed);
                    return false;
                }
                read++;
                if (matches(row, reason)) {
                    found.add(row);
                }
            }
            passed++;
            return true;
        }
    }

    private QuarantinedRows rows(CommittedBatch of) {
        return destinations.of(of.job()).quarantined(of);
    }

    private static boolean matches(QuarantinedRow row, @Nullable String reason) {
        return reason == null || row.reason().toLowerCase(Locale.ROOT).contains(reason.toLowerCase(Locale.ROOT));
    }
}
