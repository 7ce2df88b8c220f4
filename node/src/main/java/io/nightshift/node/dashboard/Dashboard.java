package io.nightshift.node.dashboard;

import io.nightshift.api.operation.NodeApi;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.http.Answer;
import io.nightshift.node.http.Call;
import io.nightshift.node.http.Endpoint;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The routes of the dashboard: its files, and summaries that keep its pages small.
public final class Dashboard {

    /// A timeline of a million partitions takes some 30 MB.
    private static final int MOST_TIMELINES = 8;

    private final BatchQueries batches;
    private final Ledger ledger;
    private final Executor blocking;
    private final LiveFeed<Tonight> tonight;
    private final Map<BatchId, LiveFeed<BatchQueries.RenderedBatch>> feeds = new ConcurrentHashMap<>();
    private final Map<BatchId, BatchTimeline> timelines = new LinkedHashMap<>(16, 0.75f, true);

    private Dashboard(
            BatchQueries batches, AppliedJobs schedules, AlertQueries alerts, Ledger ledger, Executor blocking) {
        this.batches = batches;
        this.ledger = ledger;
        this.blocking = blocking;
        CurrentReader current = new CurrentReader(batches, schedules, alerts, ledger, blocking);
        this.tonight = new LiveFeed<>(() -> current.read().thenApplyAsync(Tonight::of, blocking), Tonight::news);
    }

    /// @param blocking runs what waits for the database
    public static List<Endpoint> endpoints(
            BatchQueries batches, AppliedJobs schedules, AlertQueries alerts, Ledger ledger, Executor blocking) {
        Dashboard dashboard = new Dashboard(batches, schedules, alerts, ledger, blocking);
        List<Endpoint> endpoints = new ArrayList<>(new DashboardFiles().endpoints());
        endpoints.add(new Endpoint(
                NodeApi.WATCH_TONIGHT, call -> CompletableFuture.completedFuture(Answer.of(dashboard.tonight.open()))));
        endpoints.add(new Endpoint(NodeApi.SHOW_TIMELINE, dashboard::timeline));
        endpoints.add(new Endpoint(NodeApi.WATCH_DESCRIPTION, dashboard::watch));
        return List.copyOf(endpoints);
    }

    private CompletionStage<Answer> watch(Call call) {
        return batches.find(call.segment("batch"))
                .thenApply(entry -> Answer.of(feed(entry).open()));
    }

    private LiveFeed<BatchQueries.RenderedBatch> feed(BatchRegisterState.Entry entry) {
        feeds.values().removeIf(feed -> feed.viewers() == 0);
        return feeds.computeIfAbsent(
                entry.batch(), batch -> new LiveFeed<>(() -> batches.cachedDescription(entry), Dashboard::news));
    }

    private static String news(BatchQueries.@Nullable RenderedBatch before, BatchQueries.RenderedBatch now) {
        return before != null && before.json().equals(now.json()) ? "" : LiveFeed.event("batch", now.json());
    }

    private CompletionStage<Answer> timeline(Call call) {
        return batches.find(call.segment("batch"))
                .thenApplyAsync(entry -> Answer.json(200, read(entry.batch())), blocking);
    }

    private String read(BatchId batch) {
        BatchTimeline timeline;
        synchronized (timelines) {
            timeline = timelines.computeIfAbsent(batch, BatchTimeline::new);
            if (timelines.size() > MOST_TIMELINES) {
                timelines.remove(timelines.keySet().iterator().next());
            }
        }
        try {
            return timeline.read(ledger);
        } catch (FailureException e) {
            throw ProblemException.of(e);
        } catch (IllegalStateException damage) {
            throw ProblemException.refused(
                    batch.value(), damage.getMessage() + "; `nightshift batch verify` reports the details");
        }
    }
}
