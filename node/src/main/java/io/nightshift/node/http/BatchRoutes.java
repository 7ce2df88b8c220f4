package io.nightshift.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.QuarantinePage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.BatchQuarantine;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.Role;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.storage.Destinations;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Routes that describe batches.
final class BatchRoutes {

    private static final int PAGE = 20;
    private static final int MOST_BATCHES = 100;
    private static final int MOST_PARTITIONS = 1_000;
    private static final int MOST_EVENTS = 1_000;
    private static final int MOST_ROWS = 1_000;

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
                Endpoint.get("/v1/batches", Role.READ, Set.of("job", "state", "limit", "cursor", "fields"), this::list),
                Endpoint.get("/v1/batches/{batch}", Role.READ, Set.of("at"), this::show),
                Endpoint.get(
                        "/v1/batches/{batch}/partitions",
                        Role.READ,
                        Set.of("state", "limit", "cursor"),
                        this::partitions),
                Endpoint.get("/v1/batches/{batch}/drift", Role.READ, Set.of("against"), this::drift),
                Endpoint.get("/v1/batches/{batch}/events", Role.READ, Set.of("after", "limit"), this::events),
                Endpoint.get("/v1/batches/{batch}/quarantine", Role.READ, Set.of("limit", "cursor"), this::quarantine),
                // Values of rows may be personal data: reading them needs more than the role for watching batches.
                Endpoint.get("/v1/batches/{batch}/quarantine/reasons", Role.SUBMIT, Set.of(), this::quarantineReasons),
                Endpoint.get(
                        "/v1/batches/{batch}/quarantine/rows",
                        Role.SUBMIT,
                        Set.of("reason", "limit", "cursor"),
                        this::quarantinedRows));
    }

    private CompletionStage<Answer> list(Call call) {
        int limit = (int) call.number("limit", PAGE, 1, MOST_BATCHES);
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

    private CompletionStage<Answer> partitions(Call call) {
        int limit = (int) call.number("limit", 100, 1, MOST_PARTITIONS);
        return batches.partitions(
                        call.segment("batch"),
                        call.text("state").orElse(null),
                        call.text("cursor").orElse(null),
                        limit)
                .thenApply(page -> Answer.json(200, page));
    }

    private CompletionStage<Answer> drift(Call call) {
        return batches.drift(call.segment("batch"), call.text("against").orElse(null))
                .thenApply(report -> Answer.json(200, report));
    }

    private CompletionStage<Answer> events(Call call) {
        long after = call.number("after", 0, 0, Long.MAX_VALUE);
        int limit = (int) call.number("limit", 100, 1, MOST_EVENTS);
        return batches.events(call.segment("batch"), after, limit).thenApply(page -> Answer.json(200, page));
    }

    private CompletionStage<Answer> quarantine(Call call) {
        int limit = (int) call.number("limit", 100, 1, MOST_PARTITIONS);
        int first = (int) call.number("cursor", 0, 0, Integer.MAX_VALUE);
        return batches.state(call.segment("batch"))
                .thenApply(state -> Answer.json(200, quarantine(state, first, limit)));
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

    private CompletionStage<Answer> quarantineReasons(Call call) {
        return readQuarantine(call, quarantine -> Answer.json(200, quarantine.reasons(MOST_COUNTED_ROWS)));
    }

    private CompletionStage<Answer> quarantinedRows(Call call) {
        String reason = call.text("reason").orElse(null);
        String cursor = call.text("cursor").orElse(null);
        int limit = (int) call.number("limit", 100, 1, MOST_ROWS);
        return readQuarantine(
                call, quarantine -> Answer.json(200, quarantine.page(reason, cursor, limit, MOST_READ_ROWS)));
    }

    private CompletionStage<Answer> readQuarantine(Call call, Function<BatchQuarantine, Answer> reader) {
        return batches.quarantine(call.segment("batch"), destinations, quarantine -> {
            Answer answer = reader.apply(quarantine);
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
