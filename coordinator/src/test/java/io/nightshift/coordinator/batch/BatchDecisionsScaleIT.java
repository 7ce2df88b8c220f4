package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/// Measures the decision logic with a thousand nodes, in virtual time. By default it runs a few of the
/// million partitions of `docs/performance.md`; `-Dnightshift.scale.partitions=1000000` runs all of them.
class BatchDecisionsScaleIT {

    private static final int NODES = 1_000;
    private static final int PARTITIONS = Integer.getInteger("nightshift.scale.partitions", 20_000);
    private static final long SCORING = Duration.ofSeconds(10).toNanos();
    private static final long JOURNAL_WRITE = Duration.ofMillis(2).toNanos();
    private static final long HEARTBEAT = Duration.ofSeconds(1).toNanos();

    private record Due(long at, long order, Runnable step) {}

    private final SplittableRandom random = new SplittableRandom(42);
    private final BatchDecisions decisions =
            BatchDecisions.create(ExampleBatch.BATCH, BatchActorFixture.PATIENT, "node:0", random);
    private final List<ActorRef<WorkerMessage>> workers = IntStream.range(0, NODES)
            .mapToObj(i -> TestInbox.<WorkerMessage>create().getRef())
            .toList();
    private final Attempt[] held = new Attempt[NODES];
    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
    private final Deque<CoordinatorMessage> mailbox = new ArrayDeque<>();
    private BatchState state = BatchState.initial(ExampleBatch.BATCH);
    private boolean writing;
    private long now;
    private long order;

    private long events;
    private long bytes;
    private long messages;
    private long deciding;
    private long mostHeap;

    @Test
    void aThousandNodesAndManyPartitionsCostOneCoordinatorLittle() {
        long before = usedHeap();
        receive(new CoordinatorMessage.CommandReceived(
                new BatchCommand.Open(ExampleBatch.submission(ExampleBatch.job()))));
        for (int i = 0; i < NODES; i++) {
            int worker = i;
            after(random.nextLong(HEARTBEAT), () -> request(worker));
            after(random.nextLong(HEARTBEAT), () -> beat(worker));
        }
        after(0, this::tick);
        int measured = 0;
        while (state.phase() != Phase.PUBLISHING) {
            Due next = due.remove();
            now = next.at();
            next.step().run();
            if (state.committed().count() >= (measured + 1) * (PARTITIONS / 4)) {
                measured++;
                mostHeap = Math.max(mostHeap, usedHeap() - before);
            }
        }

        assertThat(state.committed().count()).isEqualTo(PARTITIONS);
        double perCommit = deciding / 1e3 / PARTITIONS;
        System.out.printf(
                Locale.ROOT,
                "%,d partitions on %,d nodes: %,d messages decided, %.1f µs for each partition; %,d events, %,d bytes, %.0f"
                        + " bytes for each partition; %,d kB of heap at most, with all leases and the schedule of this test%n",
                PARTITIONS,
                NODES,
                messages,
                perCommit,
                events,
                bytes,
                (double) bytes / PARTITIONS,
                mostHeap / 1024);
        assertThat(mostHeap).isLessThan((6L << 20) + 20L * PARTITIONS);
        assertThat(bytes / PARTITIONS).isLessThan(400);
    }

    private void after(long delay, Runnable step) {
        order++;
        due.add(new Due(now + delay, order, step));
    }

    private void receive(CoordinatorMessage message) {
        mailbox.add(message);
        process();
    }

    private void process() {
        while (!writing && !mailbox.isEmpty()) {
            CoordinatorMessage message = mailbox.remove();
            long begin = System.nanoTime();
            BatchDecision decision = decisions.decide(state, message, time());
            deciding += System.nanoTime() - begin;
            messages++;
            if (decision.events().isEmpty()) {
                decision.actions().forEach(this::perform);
            } else {
                writing = true;
                after(JOURNAL_WRITE, () -> written(decision));
            }
        }
    }

    private void written(BatchDecision decision) {
        long begin = System.nanoTime();
        for (BatchEvent event : decision.events()) {
            LedgerEntry entry = LedgerEntry.after(state.head(), event);
            state = state.apply(entry);
            bytes += EventCodec.encode(event).length;
            events++;
        }
        deciding += System.nanoTime() - begin;
        writing = false;
        decision.actions().forEach(this::perform);
        process();
    }

    private DecisionTime time() {
        return new DecisionTime(now, ExampleBatch.AT.plusNanos(now));
    }

    private void perform(CoordinatorAction action) {
        switch (action) {
            case CoordinatorAction.GrantLease(var to, String node, Attempt attempt, String nonce) -> {
                int worker = Integer.parseInt(node.substring(node.indexOf(':') + 1));
                held[worker] = attempt;
                after(SCORING / 2 + random.nextLong(SCORING), () -> commit(worker, attempt));
            }
            case CoordinatorAction.Send<?> tell -> {
                if (tell.message() instanceof WorkerMessage.Committed) {
                    // Every worker is its node's only one.
                    request(workers.indexOf(tell.to()));
                }
            }
            case CoordinatorAction.FlushCommits soon -> mailbox.add(new CoordinatorMessage.FlushCommits());
            case CoordinatorAction.MakePlan plan -> {
                long[] sizes = new long[PARTITIONS];
                Arrays.fill(sizes, 10);
                SourceFile file = new SourceFile("/data/a.parquet", 300, ExampleBatch.AT, 10L * PARTITIONS, "");
                receive(new CoordinatorMessage.TaskReported(
                        plan.incarnation(),
                        new CoordinatorMessage.PlanCompleted(
                                List.of(new InspectedFile(file, List.of())),
                                PartitionPlan.of(sizes),
                                ExampleBatch.INPUT)));
            }
            case CoordinatorAction.TellRegister told -> {}
            case CoordinatorAction.WriteLog note -> {}
            case CoordinatorAction.Publish publish -> {}
            case CoordinatorAction.MeasureBatch measure -> throw new AssertionError(measure);
            case CoordinatorAction.RetryLater again -> throw new AssertionError(again);
            case CoordinatorAction.SweepStagedOutput sweep -> throw new AssertionError(sweep);
            case CoordinatorAction.RecoverFromLedger recover -> throw new AssertionError(recover);
            case CoordinatorAction.Passivate passivate -> throw new AssertionError(passivate);
            case CoordinatorAction.CheckInput check -> throw new AssertionError(check);
            case CoordinatorAction.InspectInput inspect -> throw new AssertionError(inspect);
            case CoordinatorAction.FencePublication fence -> throw new AssertionError(fence);
            case CoordinatorAction.FenceFailedBatch fence -> throw new AssertionError(fence);
            case CoordinatorAction.RemoveOutput remove -> throw new AssertionError(remove);
            case CoordinatorAction.RunRedrive redrive -> throw new AssertionError(redrive);
            case CoordinatorAction.ReuseParts reuse -> throw new AssertionError(reuse);
            case CoordinatorAction.CountLedgerEntries look -> throw new AssertionError(look);
        }
    }

    private void request(int worker) {
        receive(new CoordinatorMessage.CommandReceived(
                new BatchCommand.RequestLease("node:" + worker, workers.get(worker), "nonce")));
    }

    private void commit(int worker, Attempt attempt) {
        receive(new CoordinatorMessage.CommandReceived(new BatchCommand.Commit(
                ExampleBatch.commit(attempt.partition(), attempt.epoch(), 0), List.of(), workers.get(worker))));
    }

    private void beat(int worker) {
        Attempt attempt = held[worker];
        if (attempt != null) {
            receive(new CoordinatorMessage.CommandReceived(
                    new BatchCommand.Heartbeat(attempt, 1, workers.get(worker))));
        }
        after(HEARTBEAT, () -> beat(worker));
    }

    private void tick() {
        receive(new CoordinatorMessage.Tick());
        after(BatchActorFixture.PATIENT.tick().toNanos(), this::tick);
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
