package io.nightshift.node.lineage;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.alert.AlertSender.Outcome;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.ledger.ToldLineageTable;
import io.nightshift.coordinator.ledger.ToldLineageTable.Told;
import io.nightshift.coordinator.ledger.ToldLineageTable.ToldBatch;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.alert.HttpPoster;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.openlineage.client.OpenLineage.RunEvent.EventType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells a catalogue of the beginning and the end of each batch.
///
/// An event is sent at least once: the ledger records it only after the receiver has acknowledged it, so that it is
/// sent again after a crash in between. All events of a batch have the same run ID, and an event that comes twice
/// changes nothing for the receiver. Several nodes may do this at a time. See docs/decisions/0044-lineage.md.
///
/// Not safe for several threads. Waits for the ledger's database and for the receiver.
public final class LineageSender {

    private static final Logger LOG = LoggerFactory.getLogger(LineageSender.class);

    /// The most batches that are looked at in one round.
    private static final int ROUND = 1_000;

    private static final int PAGE = 200;
    /// After so many failures, the receiver is left alone until the next round.
    private static final int MOST_FAILURES = 3;

    /// A row that says which batch was the last one at the beginning.
    private static final BatchId BEGINNING = new BatchId("beginning");

    private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(5);

    /// For so long, an event that the receiver does not accept is sent again.
    private static final Duration PATIENCE = Duration.ofDays(1);

    private final Ledger ledger;
    private final ToldLineageTable table;
    private final LineageSettings settings;
    private final LineageEvents events;
    private final Function<Entry, BatchDescription> descriptions;
    private final HttpPoster http;
    private final InstantSource clock;

    /// The batches of which the receiver did not accept the last event.
    private final Map<BatchId, Retry> retries = new HashMap<>();

    private record Retry(Duration delay, Instant notBefore) {}

    /// @param version of the program
    /// @param descriptions the current description of a batch; may wait, and may throw a [FailureException]
    /// @param executor runs what waits for the receiver
    public LineageSender(
            Ledger ledger,
            LineageSettings settings,
            Destinations destinations,
            String version,
            Function<Entry, BatchDescription> descriptions,
            Executor executor,
            InstantSource clock) {
        this.ledger = ledger;
        this.table = ledger.toldLineage();
        this.settings = settings;
        this.events = new LineageEvents(settings.namespace(), destinations, version);
        this.descriptions = descriptions;
        this.http = new HttpPoster(executor);
        this.clock = clock;
    }

    /// Takes note of the batches that are there. What ended before is never sent.
    ///
    /// @throws FailureException transient, if the ledger can't be read
    public void begin() {
        addNew(ledger.registered());
    }

    /// Sends what the receiver does not know yet. An event that it does not accept is tried again later.
    ///
    /// @return whether the receiver knows all
    /// @throws FailureException transient, if the ledger can't be read
    public boolean send() {
        RegisteredBatches batches = ledger.registered();
        addNew(batches);
        List<ToldBatch> pending = table.pending(ROUND);
        int refused = 0;
        int failures = 0;
        for (ToldBatch batch : pending) {
            Retry retry = retries.get(batch.batch());
            Entry entry = batches.find(batch.batch()).orElse(null);
            if (retry != null && clock.instant().isBefore(retry.notBefore())) {
                refused++;
            } else if (entry != null && !send(entry, batch.told())) {
                refused++;
                failures++;
                if (failures == MOST_FAILURES) {
                    return false;
                }
            }
        }
        table.prune();
        return refused == 0 && pending.size() < ROUND;
    }

    /// Batches that were submitted since the last round. The first round begins with the batches that are open.
    private void addNew(RegisteredBatches batches) {
        OptionalLong last = table.last();
        List<ToldBatch> added = new ArrayList<>();
        Entry before = null;
        boolean isNew = true;
        while (isNew) {
            List<Entry> page = batches.page(null, null, before, PAGE);
            for (Entry entry : page) {
                isNew = entry.number() > last.orElse(batches.register().archivedTo());
                if (isNew) {
                    boolean isOld = last.isEmpty() && entry.end().isPresent();
                    added.add(new ToldBatch(entry.batch(), entry.number(), isOld ? Told.ENDED : Told.NOTHING));
                    before = entry;
                }
            }
            isNew = isNew && page.size() == PAGE;
        }
        if (last.isEmpty()) {
            long newest = batches.page(null, null, null, 1).stream()
                    .mapToLong(Entry::number)
                    .findFirst()
                    .orElse(-1);
            added.add(new ToldBatch(BEGINNING, newest, Told.ENDED));
        }
        // The oldest first, so that a crash in between leaves none out.
        table.add(added.reversed());
    }

    /// @return false if the receiver did not accept an event
    private boolean send(Entry entry, Told told) {
        BatchDescription description = descriptions.apply(entry);
        Told now = told(description.state());
        if (now == told || now == Told.NOTHING) {
            return true;
        }
        BatchEvent.Submitted submitted = submitted(entry);
        if (submitted == null) {
            table.tell(entry.batch(), Told.ENDED);
            return true;
        }
        List<SourceFile> pinned =
                LineageDatasets.hasVersions(submitted.job()) ? pinned(entry, submitted.job()) : List.of();
        if (told == Told.NOTHING || (told == Told.FAILED && now == Told.STARTED)) {
            Instant at = told == Told.NOTHING ? entry.at() : clock.instant();
            if (!post(entry, Told.STARTED, at, events.write(EventType.START, submitted, pinned, description, at))) {
                return false;
            }
        }
        if (now == Told.STARTED) {
            return true;
        }
        Instant at = lastEntry(entry);
        return post(entry, now, at, events.write(end(description.state()), submitted, pinned, description, at));
    }

    private static Told told(String state) {
        return switch (state) {
            case "published", "cancelled" -> Told.ENDED;
            case "failed" -> Told.FAILED;
            case "opened", "damaged" -> Told.NOTHING;
            default -> Told.STARTED;
        };
    }

    private static EventType end(String state) {
        return switch (state) {
            case "published" -> EventType.COMPLETE;
            case "cancelled" -> EventType.ABORT;
            default -> EventType.FAIL;
        };
    }

    private BatchEvent.@Nullable Submitted submitted(Entry entry) {
        List<BatchEvent.Submitted> first = new ArrayList<>();
        ledger.forEach(entry.batch(), 0, 1, (number, stored) -> {
            if (stored.event() instanceof BatchEvent.Submitted submitted) {
                first.add(submitted);
            }
        });
        return first.isEmpty() ? null : first.getFirst();
    }

    /// The files of the plan, which is among the first entries, and those of its extensions, which may be among
    /// all. None before the batch has a plan.
    private List<SourceFile> pinned(Entry entry, Job job) {
        boolean isExtended = job.source().onChange() == Job.OnChange.EXTEND;
        List<SourceFile> pinned = new ArrayList<>();
        long entries = ledger.entries(entry.batch());
        for (long after = 0; after < entries && (isExtended || pinned.isEmpty()); after += PAGE) {
            ledger.forEach(entry.batch(), after, PAGE, (number, stored) -> {
                if (stored.event() instanceof BatchEvent.Planned planned) {
                    pinned.addAll(planned.files());
                } else if (stored.event() instanceof BatchEvent.PlanExtended extended) {
                    pinned.addAll(extended.files());
                }
            });
        }
        return pinned;
    }

    private Instant lastEntry(Entry entry) {
        List<Instant> last = new ArrayList<>(List.of(entry.at()));
        ledger.forEach(
                entry.batch(),
                Math.max(0, ledger.entries(entry.batch()) - 1),
                1,
                (number, stored) -> last.add(stored.event().at()));
        return last.getLast();
    }

    private boolean post(Entry entry, Told told, Instant at, String event) {
        Outcome outcome;
        try {
            String token = settings.token() == null ? null : settings.token().read();
            outcome = http.send(
                            new HttpPoster.Post(
                                    settings.target().url().read(),
                                    event,
                                    token == null ? Map.of() : Map.of("Authorization", "Bearer " + token),
                                    token == null ? List.of() : List.of(token)),
                            settings.target())
                    .get(settings.target().timeout().toSeconds() + 5, TimeUnit.SECONDS);
        } catch (FailureException e) {
            outcome = Outcome.failed(e.failure().message());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            outcome = Outcome.failed("the attempt failed: " + e.getClass().getSimpleName());
        }
        BatchId batch = entry.batch();
        Instant now = clock.instant();
        boolean isTooOld = at.plus(PATIENCE).isBefore(now);
        if (outcome.delivered() || isTooOld) {
            if (!outcome.delivered()) {
                LOG.warn("the lineage of {} is not sent any more: {}", batch, outcome.answer());
            }
            retries.remove(batch);
            table.tell(batch, told);
            return true;
        }
        Retry before = retries.get(batch);
        if (before == null) {
            LOG.warn("the lineage of {} is sent again later: {}", batch, outcome.answer());
        }
        Duration delay = before == null ? FIRST_DELAY : before.delay().multipliedBy(2);
        delay = delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
        retries.put(batch, new Retry(delay, now.plus(outcome.retryAfter() == null ? delay : outcome.retryAfter())));
        return false;
    }
}
