package io.nightshift.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.QuarantinePage;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.BatchQuarantine;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Supplement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Routes that describe batches.
final class BatchRoutes {

    /// Quarantined rows that are counted by reason, so that a request ends within seconds.
    private static final long MOST_COUNTED_ROWS = 1_000_000;

    /// Quarantined rows that are read for a page, so that a rare reason needs several pages.
    private static final long MOST_READ_ROWS = 100_000;

    private final BatchQueries batches;
    private final Destinations destinations;

    BatchRoutes(BatchQueries batches, Destinations destinations) {
        this.batches = batches;
        this.destinations = destinations;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(BatchApi.LIST_BATCHES, this::list),
                new Endpoint(BatchApi.DESCRIBE, this::show),
                Endpoint.of(BatchApi.LIST_PARTITIONS, this::partitions),
                Endpoint.of(BatchApi.READ_DRIFT, this::drift),
                Endpoint.of(BatchApi.LIST_EVENTS, this::events),
                Endpoint.of(BatchApi.QUARANTINE, this::quarantine),
                // Values of rows may be personal data: reading them needs more than the role for watching batches.
                Endpoint.of(BatchApi.QUARANTINE_REASONS, this::quarantineReasons),
                Endpoint.of(BatchApi.QUARANTINED_ROWS, this::quarantinedRows));
    }

    private CompletionStage<Answer> list(Call call) {
        int limit = call.limit();
        BatchQueries.Filter filter = new BatchQueries.Filter(call.text("job"), call.text("state"));
        Optional<FieldSelection> selection =
                call.text("fields").map(fields -> FieldSelection.parse(fields, BatchDescription.class));
        return batches.page(filter, call.text("cursor"), limit).thenApply(page -> {
            JsonNode json = ApiJson.tree(page);
            selection.ifPresent(fields -> fields.retain(json.get("batches")));
            return Answer.json(200, json);
        });
    }

    private CompletionStage<Answer> show(Call call) {
        Instant at = call.time("at");
        boolean mayReadValues = call.caller().role().covers(Role.SUBMIT);
        return at == null
                ? batches.cachedDescription(call.segment("batch"))
                        .thenApply(seen -> mayReadValues && seen.batch().shadow() != null
                                ? Answer.json(200, seen.batch())
                                : Answer.json(200, seen.json()))
                : batches.describe(call.segment("batch"), at)
                        .thenApply(batch -> Answer.json(200, mayReadValues ? batch : batch.withoutValues()));
    }

    private CompletionStage<PartitionPage> partitions(Call call) {
        return batches.partitions(
                call.segment("batch"),
                call.text("state").orElse(null),
                call.text("cursor").orElse(null),
                call.limit());
    }

    private CompletionStage<DriftReport> drift(Call call) {
        return batches.drift(call.segment("batch"), call.text("against").orElse(null));
    }

    private CompletionStage<EventPage> events(Call call) {
        return batches.events(call.segment("batch"), call.number("after"), call.limit());
    }

    private CompletionStage<QuarantinePage> quarantine(Call call) {
        int limit = call.limit();
        int first = (int) call.number("cursor", 0, 0, Integer.MAX_VALUE);
        return batches.state(call.segment("batch")).thenApply(state -> quarantine(state, first, limit));
    }

    private QuarantinePage quarantine(BatchState state, int first, int limit) {
        List<Supplement> supplements = state.supplements();
        if (!supplements.isEmpty()) {
            return quarantine(state, supplements.getLast().commit());
        }
        int all = state.plan() == null ? 0 : state.pinned().index().partitions();
        List<QuarantinePage.QuarantinedPartition> page = new ArrayList<>();
        int partition = first;
        for (; partition < all && page.size() < limit; partition++) {
            if (state.committed().contains(partition)) {
                long rows = state.committed()
                        .totals(
                                partition,
                                state.pinned().index().range(partition).rows())
                        .quarantined();
                if (rows > 0) {
                    page.add(new QuarantinePage.QuarantinedPartition(partition, rows, file(state, partition)));
                }
            }
        }
        return new QuarantinePage(
                state.batch().value(),
                state.totals().quarantined(),
                page,
                partition < all ? String.valueOf(partition) : null);
    }

    /// The last supplement holds all rows that are still quarantined.
    private QuarantinePage quarantine(BatchState state, PartitionCommit last) {
        String file = destinations
                .of(state.submission().job())
                .quarantineFile(last.attempt(state.batch()))
                .orElse(null);
        List<QuarantinePage.QuarantinedPartition> page = last.quarantined() == 0
                ? List.of()
                : List.of(new QuarantinePage.QuarantinedPartition(last.partition(), last.quarantined(), file));
        return new QuarantinePage(state.batch().value(), last.quarantined(), page, null);
    }

    private CompletionStage<QuarantineReasons> quarantineReasons(Call call) {
        return readQuarantine(call, quarantine -> quarantine.reasons(MOST_COUNTED_ROWS));
    }

    private CompletionStage<QuarantinedRowPage> quarantinedRows(Call call) {
        String reason = call.text("reason").orElse(null);
        String cursor = call.text("cursor").orElse(null);
        int limit = call.limit();
        return readQuarantine(call, quarantine -> quarantine.page(reason, cursor, limit, MOST_READ_ROWS));
    }

    private <A> CompletionStage<A> readQuarantine(Call call, Function<BatchQuarantine, A> reader) {
        return batches.quarantine(call.segment("batch"), destinations, quarantine -> {
            A answer = reader.apply(quarantine);
            AuditLog.log(call.caller(), "read-quarantine", quarantine.batch(), "done", "");
            return answer;
        });
    }

    private @Nullable String file(BatchState state, int partition) {
        return state.committed()
                .epoch(partition)
                .map(epoch -> new Attempt(state.batch(), partition, epoch))
                .flatMap(destinations.of(state.submission().job())::quarantineFile)
                .orElse(null);
    }
}
