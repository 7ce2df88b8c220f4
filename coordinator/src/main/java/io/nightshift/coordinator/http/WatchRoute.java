package io.nightshift.coordinator.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.gateway.Batches;
import io.nightshift.coordinator.gateway.ProblemException;
import io.nightshift.coordinator.gateway.Role;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.protocol.api.ApiJson;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.batch.BatchId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// Follows a batch by server-sent events. An event of the ledger has its number as its id, by which who was
/// cut off goes on; progress has none. The stream ends when the batch does, or waits for somebody.
///
/// However many watch a batch, its coordinator is asked, and the ledger read and written out, once in a while.
final class WatchRoute {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
    private static final int MOST_AT_ONCE = 500;
    /// Parts of histories that are kept, written, for those who watch the same batch.
    private static final int PARTS = 256;
    private static final String LAST = "last-event-id";

    private final Batches batches;
    private final AtomicInteger open = new AtomicInteger();
    private final Map<BatchId, CompletableFuture<Batches.Seen>> looks = new ConcurrentHashMap<>();
    private final Map<Part, CompletableFuture<ByteString>> parts = new ConcurrentHashMap<>();

    WatchRoute(Batches batches) {
        this.batches = batches;
    }

    /// Entries of a batch's ledger from the one after a number up to another.
    private record Part(BatchId batch, long after, long last) {}

    /// How far a watch is.
    ///
    /// @param number of the ledger's entry that was told last
    /// @param shown the progress that was told last, or null
    private record Position(
            JobsState.Entry entry, long number, @Nullable BatchDescription shown, boolean isFirst, boolean isDone) {}

    List<Endpoint> endpoints() {
        return List.of(Endpoint.get("/v1/batches/{batch}/watch", Role.READ, Set.of("after"), this::watch));
    }

    private CompletionStage<HttpResponse> watch(Call call) {
        long after = call.header(LAST)
                .map(WatchRoute::lastEventId)
                .orElseGet(() -> call.number("after", 0, 0, Long.MAX_VALUE));
        boolean again = call.header(LAST).isPresent();
        return batches.find(call.segment("batch"))
                .thenCompose(entry -> batches.describe(entry).thenApply(now -> {
                    if (again && now.isSettled() && now.ledger().entries() <= after) {
                        // A browser connects again for ever, but for this.
                        return HttpResponse.create().withStatus(204);
                    }
                    return stream(call, new Position(entry, after, null, true, false));
                }));
    }

    private static long lastEventId(String id) {
        if (!id.matches("[0-9]{1,18}")) {
            throw ProblemException.badRequest("The header Last-Event-ID is the id of an event of this stream.");
        }
        return Long.parseLong(id);
    }

    private HttpResponse stream(Call call, Position start) {
        if (open.incrementAndGet() > call.limits().watches()) {
            open.decrementAndGet();
            throw ProblemException.tooMany(
                    "At most %,d watches may be open at a node."
                            .formatted(call.limits().watches()),
                    10);
        }
        Source<ByteString, NotUsed> events = Source.unfoldAsync(
                        start, position -> position.isDone() ? ended() : next(call, position))
                .keepAlive(KEEP_ALIVE, () -> ByteString.fromString(": still here\n\n"))
                .filter(text -> !text.isEmpty())
                .watchTermination((materialized, end) -> {
                    end.whenComplete((done, problem) -> open.decrementAndGet());
                    return materialized;
                });
        return HttpResponse.create()
                .withStatus(200)
                .addHeader(RawHeader.create("Cache-Control", "no-store"))
                .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
                .withEntity(HttpEntities.createChunked(ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), events));
    }

    private static CompletionStage<Optional<Pair<Position, ByteString>>> ended() {
        return CompletableFuture.completedFuture(Optional.empty());
    }

    private CompletionStage<Optional<Pair<Position, ByteString>>> next(Call call, Position position) {
        return (position.isFirst() ? batches.glance(position.entry()) : later(call, position.entry()))
                .thenCompose(seen -> told(position, seen))
                // A coordinator that moves, or a database that is away, is no reason to end.
                .exceptionally(problem -> Optional.of(Pair.create(later(position), ByteString.emptyByteString())));
    }

    private static Position later(Position position) {
        return new Position(position.entry(), position.number(), position.shown(), false, false);
    }

    /// The next look at the batch. All who watch it take it together, so that one timer and one waking of the threads
    /// do for all.
    private CompletionStage<Batches.Seen> later(Call call, JobsState.Entry entry) {
        if (looks.size() > MOST_AT_ONCE) {
            looks.values().removeIf(CompletableFuture::isDone);
        }
        return looks.compute(
                entry.opened().batch(),
                (batch, next) -> next != null && !next.isDone()
                        ? next
                        : Patterns.after(INTERVAL, call.system(), () -> batches.glance(entry))
                                .toCompletableFuture());
    }

    private CompletionStage<Optional<Pair<Position, ByteString>>> told(Position position, Batches.Seen seen) {
        long last = Math.min(seen.batch().ledger().entries(), position.number() + MOST_AT_ONCE);
        CompletionStage<ByteString> news = last > position.number()
                ? part(new Part(position.entry().opened().batch(), position.number(), last))
                : CompletableFuture.completedFuture(ByteString.emptyByteString());
        return news.thenApply(text -> told(position, seen, Math.max(last, position.number()), text));
    }

    private static Optional<Pair<Position, ByteString>> told(
            Position position, Batches.Seen seen, long number, ByteString news) {
        BatchDescription now = seen.batch();
        boolean caughtUp = number >= now.ledger().entries();
        ByteString text =
                position.isFirst() ? ByteString.fromString("retry: 2000\n\n").concat(news) : news;
        if (caughtUp && !now.equals(position.shown())) {
            text = text.concat(ByteString.fromString(event("progress", seen.json())));
        }
        boolean isDone = caughtUp && now.isSettled();
        return Optional.of(Pair.create(new Position(position.entry(), number, now, !caughtUp, isDone), text));
    }

    private CompletionStage<ByteString> part(Part part) {
        CompletableFuture<ByteString> known = parts.get(part);
        if (known != null && !known.isCompletedExceptionally()) {
            return known;
        }
        if (parts.size() > PARTS) {
            parts.clear();
        }
        return parts.compute(
                part,
                (key, before) -> before != null && !before.isCompletedExceptionally()
                        ? before
                        : batches.entries(part.batch(), part.after(), Math.toIntExact(part.last() - part.after()))
                                .thenApply(WatchRoute::text)
                                .toCompletableFuture());
    }

    private static ByteString text(List<JsonNode> entries) {
        StringBuilder text = new StringBuilder();
        for (JsonNode entry : entries) {
            text.append("id: ").append(entry.get("number").asText()).append('\n');
            text.append(event(entry.get("event").asText(), ApiJson.write(entry)));
        }
        return ByteString.fromString(text.toString());
    }

    private static String event(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }
}
