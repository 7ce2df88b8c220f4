package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.output.Json;
import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.jobs.JobsEvent.Opened;
import org.jspecify.annotations.Nullable;

/// A batch at a glance.
///
/// @param state as far as it is known; without a phase where nothing is
/// @param damage why its ledger can't be read, or null
record BatchSummary(
        Opened opened, BatchState state, @Nullable String damage) {

    static BatchSummary of(Ledger ledger, JobsState.Entry entry) {
        BatchId batch = entry.opened().batch();
        try {
            return new BatchSummary(entry.opened(), ledger.state(batch), null);
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            return new BatchSummary(entry.opened(), BatchState.none(batch), e.getMessage());
        }
    }

    /// The phase, or that there is none.
    String phase() {
        if (damage != null) {
            return "damaged";
        }
        return state.phase() == null ? "opened" : state.phase().toString();
    }

    int partitions() {
        return state.plan() == null ? 0 : state.plan().index().partitions();
    }

    long rows() {
        return state.plan() == null ? 0 : state.plan().partitions().rows();
    }

    /// Why it failed or was cancelled, or what is wrong with its ledger; null if nothing is.
    @Nullable
    String reason() {
        return damage != null || state.failure() == null
                ? damage
                : state.failure().message();
    }

    @Nullable
    String destination() {
        return state.published() == null ? null : state.published().destination();
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        json.put("batch", opened.batch().value());
        json.put("job", opened.submission().job().name());
        json.put("model", opened.submission().model().toString());
        json.put("state", phase());
        json.put("submitted_at", opened.at().toString());
        json.put("rows", rows());
        json.put("read", state.totals().read());
        json.put("predictions", state.totals().predictions());
        json.put("quarantined", state.totals().quarantined());
        json.put("bytes", state.totals().bytes());
        json.put("partitions", partitions());
        json.put("committed", state.winners().count());
        json.put("incarnation", state.incarnation());
        json.put("reason", reason());
        json.put("destination", destination());
        json.putObject("ledger").put("entries", state.entries()).put("head", state.head());
        return json;
    }
}
