package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.protocol.batch.BatchId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkerSharesTest {

    private static final int HISTORIES = Integer.getInteger("nightshift.shares.histories", 2_500);
    private static final BatchId A = new BatchId("churn-a");
    private static final BatchId B = new BatchId("churn-b");
    private static final BatchId C = new BatchId("risk-c");

    private final WorkerShares shares = new WorkerShares(100);

    private List<BatchId> next(int count) {
        List<BatchId> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chosen.add(Objects.requireNonNull(shares.next(0)));
        }
        return chosen;
    }

    private static long count(List<BatchId> chosen, BatchId batch) {
        return chosen.stream().filter(batch::equals).count();
    }

    @Nested
    class Turns {

        @Test
        void withoutWorkNobodyGetsAWorker() {
            assertThat(shares.next(0)).isNull();
            shares.hasWork(A, "churn", 5, 0, 0);
            shares.hasNoWork(A);
            assertThat(shares.next(0)).isNull();
        }

        @Test
        void eachStepOfThePriorityDoublesTheShare() {
            shares.hasWork(A, "churn", 5, 0, 0);
            shares.hasWork(C, "risk", 7, 0, 0);

            List<BatchId> chosen = next(500);

            assertThat(count(chosen, C)).isEqualTo(400);
            assertThat(count(chosen, A)).isEqualTo(100);
            assertThat(chosen.getFirst()).isEqualTo(C);
        }

        @Test
        void theBatchesOfAJobShareOneShareInTurn() {
            shares.hasWork(A, "churn", 5, 0, 0);
            shares.hasWork(B, "churn", 5, 0, 0);
            shares.hasWork(C, "risk", 5, 0, 0);

            List<BatchId> chosen = next(400);

            assertThat(count(chosen, A)).isEqualTo(100);
            assertThat(count(chosen, B)).isEqualTo(100);
            assertThat(count(chosen, C)).isEqualTo(200);
        }

        @Test
        void aBatchWithLongPartitionsGetsFewerOfThem() {
            shares.hasWork(A, "churn", 5, 3_000, 0);
            shares.hasWork(C, "risk", 5, 1_000, 0);

            List<BatchId> chosen = next(400);

            assertThat(count(chosen, A)).isEqualTo(100);
            assertThat(count(chosen, C)).isEqualTo(300);
        }

        @Test
        void aFlowThatHadNoWorkGetsNothingForThatTime() {
            shares.hasWork(A, "churn", 5, 0, 0);
            next(1_000);
            shares.hasWork(C, "risk", 5, 0, 0);

            assertThat(count(next(10), C)).isEqualTo(5);
        }

        @Test
        void onlySoManyBatchesOfAJobAndPriorityScoreAtTheSameTime() {
            WorkerShares one = new WorkerShares(1);
            one.hasWork(A, "churn", 5, 0, 0);
            one.hasWork(B, "churn", 5, 0, 0);
            assertThat(List.of(
                            Objects.requireNonNull(one.next(0)),
                            Objects.requireNonNull(one.next(0)),
                            Objects.requireNonNull(one.next(0))))
                    .containsOnly(A);
            one.hasNoWork(A);
            assertThat(one.next(0)).isEqualTo(B);
            one.hasWork(A, "churn", 5, 0, 0);
            assertThat(one.next(0)).as("it keeps its place").isEqualTo(B);
        }

        @Test
        void theBatchesOfAnotherJobAreNotCounted() {
            WorkerShares one = new WorkerShares(1);
            one.hasWork(A, "churn", 5, 0, 0);
            one.hasWork(B, "churn", 6, 0, 0);
            one.hasWork(C, "risk", 5, 0, 0);

            assertThat(List.of(
                            Objects.requireNonNull(one.next(0)),
                            Objects.requireNonNull(one.next(0)),
                            Objects.requireNonNull(one.next(0))))
                    .containsExactly(B, A, C);
        }

        @Test
        void aHighPriorityGetsTheNextWorkerBesideALargeBackfill() {
            for (int i = 0; i < 300; i++) {
                shares.hasWork(new BatchId("history-%d".formatted(i)), "history", 0, 60_000, 0);
            }
            next(2_000);
            shares.hasWork(C, "risk", 10, 0, 0);

            assertThat(shares.next(0)).isEqualTo(C);
            assertThat(count(next(300), C)).as("its share").isGreaterThan(290);
        }

        @Test
        void aBatchThatIsSilentHasLostItsCoordinator() {
            WorkerShares one = new WorkerShares(1);
            one.hasWork(A, "churn", 10, 0, 0);
            assertThat(one.next(0)).isEqualTo(A);
            one.hasWork(B, "churn", 10, 0, Duration.ofSeconds(25).toNanos());

            assertThat(one.next(Duration.ofSeconds(29).toNanos())).isEqualTo(A);
            assertThat(one.next(Duration.ofSeconds(31).toNanos())).isEqualTo(B);
        }
    }

    /// The rule with one mistake each.
    enum Mutant implements IntFunction<WorkerShares> {
        THE_GREATEST_PRIORITY_GETS_EVERYTHING {
            @Override
            public WorkerShares apply(int atOnce) {
                return new WorkerShares(atOnce) {
                    @Override
                    double weight(int priority) {
                        return Math.scalb(1.0, 40 * priority);
                    }
                };
            }
        },
        PRIORITIES_DO_NOT_COUNT {
            @Override
            public WorkerShares apply(int atOnce) {
                return new WorkerShares(atOnce) {
                    @Override
                    double weight(int priority) {
                        return 1;
                    }
                };
            }
        },
        A_FLOW_CATCHES_UP_ON_THE_TIME_WITHOUT_WORK {
            @Override
            public WorkerShares apply(int atOnce) {
                return new WorkerShares(atOnce) {
                    @Override
                    double startTag(double before, double now) {
                        return before;
                    }
                };
            }
        }
    }

    @Test
    void inRandomHistoriesSharesAreFairAndNothingStarves() {
        for (int seed = 1; seed <= HISTORIES; seed++) {
            String broken = new History(seed, WorkerShares::new).run();
            if (broken != null) {
                fail("seed %d: %s".formatted(seed, broken));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenRuleIsCaught(Mutant mutant) {
        for (int seed = 1; seed <= HISTORIES; seed++) {
            if (new History(seed, mutant).run() != null) {
                return;
            }
        }
        fail("%s is not caught".formatted(mutant));
    }

    @Test
    void theThreadsAreSharedByPriorityHoweverLongPartitionsTake() {
        History history = new History(7, WorkerShares::new);
        Map<String, Double> threadSeconds = history.score(
                8,
                20_000,
                Map.of("live", 7, "daily", 5, "backfill", 3),
                Map.of("live", 2_000L, "daily", 30_000L, "backfill", 500L));
        double sum =
                threadSeconds.values().stream().mapToDouble(Double::doubleValue).sum();

        assertThat(Objects.requireNonNull(threadSeconds.get("live")) / sum).isCloseTo(16.0 / 21, within(0.01));
        assertThat(Objects.requireNonNull(threadSeconds.get("daily")) / sum).isCloseTo(4.0 / 21, within(0.01));
        assertThat(Objects.requireNonNull(threadSeconds.get("backfill")) / sum).isCloseTo(1.0 / 21, within(0.01));
    }

    /// Batches that get and lose work at random, and what the flows are served. A seed decides everything.
    private static final class History {

        private static final int FLOWS = 5;

        private final SplittableRandom random;
        private final WorkerShares shares;
        private final int[] priorities = new int[FLOWS];
        private final long[] millis = new long[FLOWS];
        private final boolean[] hasWork = new boolean[FLOWS];

        /// What each flow was served since a pair of flows had work.
        private final double[][] served = new double[FLOWS][FLOWS];

        History(int seed, IntFunction<WorkerShares> rule) {
            random = new SplittableRandom(seed);
            shares = rule.apply(Integer.MAX_VALUE);
            for (int i = 0; i < FLOWS; i++) {
                priorities[i] = random.nextInt(11);
                millis[i] = random.nextLong(1, 10_000);
            }
        }

        private static BatchId batch(int flow) {
            return new BatchId("job%d-a".formatted(flow));
        }

        private double weight(int flow) {
            return Math.scalb(1.0, priorities[flow]);
        }

        /// @return what is broken, or null
        @Nullable
        String run() {
            for (int step = 0; step < 300; step++) {
                if (random.nextInt(20) == 0) {
                    toggle(random.nextInt(FLOWS));
                }
                BatchId chosen = shares.next(0);
                if (chosen == null) {
                    for (boolean works : hasWork) {
                        if (works) {
                            return "a worker is free, and a batch has work";
                        }
                    }
                    continue;
                }
                int flow = Integer.parseInt(chosen.value().substring(3, 4));
                if (!hasWork[flow]) {
                    return chosen + " has no work";
                }
                for (int other = 0; other < FLOWS; other++) {
                    served[flow][other] += millis[flow];
                }
                String unfair = unfair(flow);
                if (unfair != null) {
                    return unfair;
                }
            }
            return null;
        }

        private void toggle(int flow) {
            hasWork[flow] = !hasWork[flow];
            if (hasWork[flow]) {
                shares.hasWork(batch(flow), "job" + flow, priorities[flow], millis[flow], 0);
            } else {
                shares.hasNoWork(batch(flow));
            }
            for (int other = 0; other < FLOWS; other++) {
                served[flow][other] = 0;
                served[other][flow] = 0;
            }
        }

        /// The bound of start-time fair queueing. It also excludes that a flow starves.
        ///
        /// @param one the flow that was served: nothing has changed between the others
        private @Nullable String unfair(int one) {
            for (int other = 0; other < FLOWS; other++) {
                double difference = Math.abs(served[one][other] / weight(one) - served[other][one] / weight(other));
                double bound = millis[one] / weight(one) + millis[other] / weight(other);
                if (one != other && hasWork[other] && difference > bound * 1.000001) {
                    return "flows of priority %d and %d were served %s and %s"
                            .formatted(priorities[one], priorities[other], served[one][other], served[other][one]);
                }
            }
            return null;
        }

        private record Busy(double until, String job, double seconds) {}

        /// Lets workers score partitions whose times scatter around the known mean.
        ///
        /// @return the seconds of threads that each job got
        Map<String, Double> score(
                int workers, double seconds, Map<String, Integer> jobPriorities, Map<String, Long> partitionMillis) {
            Map<BatchId, String> jobs = new HashMap<>();
            jobPriorities.forEach((job, priority) -> {
                jobs.put(new BatchId(job + "-a"), job);
                shares.hasWork(
                        new BatchId(job + "-a"), job, priority, Objects.requireNonNull(partitionMillis.get(job)), 0);
            });
            PriorityQueue<Busy> busy = new PriorityQueue<>((one, other) -> Double.compare(one.until(), other.until()));
            Map<String, Double> used = new LinkedHashMap<>();
            double now = 0;
            while (now < seconds) {
                while (busy.size() < workers) {
                    String job = Objects.requireNonNull(jobs.get(Objects.requireNonNull(shares.next(0))));
                    double time = Objects.requireNonNull(partitionMillis.get(job)) / 1e3 * (0.5 + random.nextDouble());
                    busy.add(new Busy(now + time, job, time));
                }
                Busy done = busy.remove();
                now = done.until();
                used.merge(done.job(), done.seconds(), Double::sum);
            }
            return used;
        }
    }
}
