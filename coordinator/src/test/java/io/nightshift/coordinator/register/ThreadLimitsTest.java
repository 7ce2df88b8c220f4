package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.ThreadLimit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ThreadLimitsTest {

    private static final int HISTORIES = Integer.getInteger("nightshift.limits.histories", 60);

    private static final BatchId A = new BatchId("churn-a");
    private static final BatchId B = new BatchId("churn-b");
    private static final ThreadLimit THREE = new ThreadLimit(3, false);

    private final WorkerShares limits = new WorkerShares(Integer.MAX_VALUE);

    private static ActorRef<WorkerMessage> worker() {
        return TestInbox.<WorkerMessage>create().getRef();
    }

    private static List<ActorRef<WorkerMessage>> workers(int count) {
        return Stream.generate(ThreadLimitsTest::worker).limit(count).toList();
    }

    private static long seconds(long count) {
        return Duration.ofSeconds(count).toNanos();
    }

    @Test
    void theBatchesOfAJobShareItsLimit() {
        limits.leased(A, "churn", THREE, List.of(), 0);
        limits.leased(B, "churn", THREE, List.of(), 0);
        ActorRef<WorkerMessage> first = worker();
        limits.sent(first, A, 0);
        limits.sent(worker(), A, 0);
        assertThat(limits.permits(B, 0)).isTrue();
        limits.sent(worker(), B, 0);

        assertThat(limits.permits(A, 0)).isFalse();
        assertThat(limits.permits(B, 0)).isFalse();
        assertThat(limits.permits(new BatchId("risk-c"), 0))
                .as("of another job")
                .isTrue();
        limits.free(first);
        assertThat(limits.permits(B, 0)).isTrue();
    }

    @Test
    void aShareIsOfTheWorkersThatAreThere() {
        List<ActorRef<WorkerMessage>> workers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            workers.add(worker());
            limits.free(workers.get(i));
        }
        limits.leased(A, "churn", new ThreadLimit(50, true), List.of(), 0);
        limits.sent(workers.get(0), A, 0);
        assertThat(limits.permits(A, 0)).isTrue();
        limits.sent(workers.get(1), A, 0);
        assertThat(limits.permits(A, 0)).isFalse();

        limits.free(worker());
        assertThat(limits.permits(A, 0)).as("with a sixth worker").isTrue();
        limits.ended(workers.get(4));
        assertThat(limits.permits(A, 0)).isFalse();
    }

    @Test
    void aWorkerThatGotNothingDoesNotCountForLong() {
        limits.leased(A, "churn", THREE, List.of(), 0);
        List<ActorRef<WorkerMessage>> sent = workers(3);
        sent.forEach(worker -> limits.sent(worker, A, 0));
        limits.leased(A, "churn", THREE, sent.subList(0, 2), seconds(9));
        assertThat(limits.permits(A, seconds(9))).isFalse();
        limits.leased(A, "churn", THREE, sent.subList(0, 2), seconds(11));
        assertThat(limits.permits(A, seconds(11))).isTrue();
    }

    @Test
    void afterARestartOfTheRegisterTheLeasesOfBeforeCount() {
        limits.await(A, "churn", THREE);
        limits.await(B, "churn", THREE);
        limits.leased(A, "churn", THREE, List.of(), 0);
        assertThat(limits.permits(A, 0)).as("the other batch may have leases").isFalse();
        limits.leased(B, "churn", THREE, workers(3), 0);
        assertThat(limits.permits(A, 0)).isFalse();
        limits.leased(B, "churn", THREE, workers(2), 0);
        assertThat(limits.permits(A, 0)).isTrue();
        limits.sent(worker(), A, 0);
        assertThat(limits.permits(A, 0)).isFalse();
        limits.ended(B);
        limits.sent(worker(), A, 0);
        assertThat(limits.permits(A, 0)).isTrue();
    }

    @Test
    void aBatchThatStaysSilentAfterARestartIsNotAwaitedForEver() {
        limits.await(A, "churn", THREE);
        limits.await(B, "churn", THREE);
        limits.leased(A, "churn", THREE, List.of(), 0);
        assertThat(limits.permits(A, seconds(5))).isFalse();
        assertThat(limits.permits(A, seconds(36))).isTrue();
    }

    @Test
    void inRandomHistoriesNoJobExceedsItsLimitAndWhatItLeavesIsUsed() {
        for (int seed = 1; seed <= HISTORIES; seed++) {
            String broken = new History(seed).run();
            if (broken != null) {
                fail("seed %d: %s".formatted(seed, broken));
            }
        }
    }

    /// Of eight threads, the first job would get six by its priority. It gets its two, and the others share
    /// the rest by theirs.
    @Test
    void whatALimitLeavesIsSharedByPriority() {
        History history = new History(3);
        Map<String, Double> threads = history.threads(
                8,
                Map.of("live", 7, "daily", 5, "backfill", 3),
                Map.of("live", new ThreadLimit(2, false)),
                Map.of("live", 2_000, "daily", 30_000, "backfill", 500));

        assertThat(threads.get("live")).isCloseTo(2, within(0.05));
        assertThat(threads.get("daily")).isCloseTo(6 * 4.0 / 5, within(0.1));
        assertThat(threads.get("backfill")).isCloseTo(6 * 1.0 / 5, within(0.1));
    }

    /// Workers, batches with work without end, and a register that restarts. A seed decides everything.
    private static final class History {

        private static final int TICK = 250;

        private enum Activity {
            /// Asks the register, and again after some seconds.
            FREE,
            SENT,
            LEASED,
            /// Got nothing, and asks later.
            HELD_OFF
        }

        private static final class Slot {
            private final ActorRef<WorkerMessage> ref = worker();
            private Activity activity = Activity.FREE;
            private @Nullable Batch batch;
            private long until;
        }

        private record Batch(
                BatchId id,
                String job,
                int priority,
                @Nullable ThreadLimit limit,
                int partitionMillis) {}

        private final SplittableRandom random;
        private final List<Slot> workers = new ArrayList<>();
        private final List<Batch> batches = new ArrayList<>();
        private final Deque<Slot> free = new ArrayDeque<>();
        private final Map<String, Double> busyMillis = new HashMap<>();
        private WorkerShares shares = new WorkerShares(Integer.MAX_VALUE);
        private boolean hasFaults;
        private long now;

        /// While the register restarts, which takes a moment, it hears nothing.
        private long downUntil;

        History(int seed) {
            random = new SplittableRandom(seed);
        }

        private void add(String job, int count, int priority, @Nullable ThreadLimit limit, int partitionMillis) {
            for (int i = 0; i < count; i++) {
                batches.add(new Batch(new BatchId("%s-%d".formatted(job, i)), job, priority, limit, partitionMillis));
            }
        }

        private long nanos() {
            return now * 1_000_000;
        }

        /// @return what is broken, or null
        @Nullable
        String run() {
            int count = random.nextInt(9, 20);
            for (int i = 0; i < count; i++) {
                workers.add(new Slot());
            }
            add("number", random.nextInt(1, 4), 5, THREE, random.nextInt(100, 20_000));
            add("share", random.nextInt(1, 3), 8, new ThreadLimit(30, true), random.nextInt(100, 20_000));
            add("any", 1, 5, null, 2_000);
            hasFaults = true;
            String broken = live(120_000, count);
            hasFaults = false;
            broken = broken == null ? live(60_000, count) : broken;
            if (broken != null) {
                return broken;
            }
            busyMillis.clear();
            broken = live(60_000, count);
            double number = Objects.requireNonNull(busyMillis.get("number")) / 60_000;
            double share = Objects.requireNonNull(busyMillis.get("share")) / 60_000;
            return broken != null
                    ? broken
                    : number < 2.4 || share < 0.8 * Math.max(1, count * 30 / 100)
                            ? "%s and %s of %s threads are used".formatted(number, share, count)
                            : null;
        }

        private @Nullable String live(long millis, int count) {
            for (long end = now + millis; now < end; now += 10) {
                if (hasFaults && random.nextInt(2_000) == 0) {
                    restart();
                }
                if (now % TICK == 0 && now >= downUntil) {
                    report();
                }
                workers.forEach(this::proceed);
                if (now >= downUntil) {
                    assign();
                }
                Map<String, Integer> leased = new HashMap<>();
                for (Slot worker : workers) {
                    if (worker.activity == Activity.LEASED) {
                        String job = Objects.requireNonNull(worker.batch).job();
                        busyMillis.merge(job, 10.0, Double::sum);
                        leased.merge(job, 1, Integer::sum);
                    }
                }
                for (Batch batch : batches) {
                    int leases = leased.getOrDefault(batch.job(), 0);
                    if (batch.limit() != null && leases > batch.limit().of(count)) {
                        return "at %d ms, %s has %d leases".formatted(now, batch.job(), leases);
                    }
                }
            }
            return null;
        }

        private void report() {
            for (Batch batch : batches) {
                List<ActorRef<WorkerMessage>> leased = workers.stream()
                        .filter(worker -> worker.activity == Activity.LEASED && batch.equals(worker.batch))
                        .map(worker -> worker.ref)
                        .toList();
                if (batch.limit() != null) {
                    shares.leased(batch.id(), batch.job(), batch.limit(), leased, nanos());
                }
                shares.hasWork(batch.id(), batch.job(), batch.priority(), batch.partitionMillis(), nanos());
            }
        }

        private void proceed(Slot worker) {
            if (now < worker.until) {
                return;
            }
            Batch batch = worker.batch;
            if (worker.activity == Activity.SENT && batch != null) {
                boolean isRefused = hasFaults && random.nextInt(20) == 0;
                worker.activity = isRefused ? Activity.HELD_OFF : Activity.LEASED;
                worker.until = now
                        + (isRefused
                                ? random.nextInt(30_000)
                                : (long) (batch.partitionMillis() * (0.5 + random.nextDouble())));
            } else {
                worker.activity = Activity.FREE;
                worker.until = now + 3_000;
                if (now >= downUntil) {
                    shares.free(worker.ref);
                    free.remove(worker);
                    free.add(worker);
                }
            }
        }

        private void assign() {
            while (!free.isEmpty()) {
                BatchId chosen = shares.next(nanos());
                if (chosen == null) {
                    return;
                }
                Slot worker = free.remove();
                shares.sent(worker.ref, chosen, nanos());
                worker.activity = Activity.SENT;
                worker.until = now + random.nextInt(30);
                worker.batch = batches.stream()
                        .filter(batch -> batch.id().equals(chosen))
                        .findFirst()
                        .orElseThrow();
            }
        }

        private void restart() {
            shares = new WorkerShares(Integer.MAX_VALUE);
            downUntil = now + random.nextInt(500, 5_000);
            free.clear();
            for (Batch batch : batches) {
                if (batch.limit() != null) {
                    shares.await(batch.id(), batch.job(), batch.limit());
                }
            }
        }

        /// Lets workers score partitions whose times scatter around a mean.
        ///
        /// @return the threads that each job had on average
        Map<String, Double> threads(
                int count,
                Map<String, Integer> priorities,
                Map<String, ThreadLimit> limited,
                Map<String, Integer> partitionMillis) {
            for (int i = 0; i < count; i++) {
                workers.add(new Slot());
            }
            priorities.forEach((job, priority) ->
                    add(job, 1, priority, limited.get(job), Objects.requireNonNull(partitionMillis.get(job))));
            int millis = 3_000_000;
            live(millis, count);
            Map<String, Double> threads = new HashMap<>();
            busyMillis.forEach((job, busy) -> threads.put(job, busy / millis));
            return threads;
        }
    }
}
