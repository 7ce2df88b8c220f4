package io.nightshift.coordinator.batch;

import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Many partitions through the real coordinator and journal. By default it runs a tenth of the hundred
/// thousand
/// partitions of `docs/performance.md`; `-Dnightshift.scale.partitions=100000` runs all of them. Prints the
/// figures.
@Timeout(600)
class LedgerScaleIT {

    private static final int PARTITIONS = Integer.getInteger("nightshift.scale.partitions", 10_000);
    private static final int WORKERS = 64;

    @TempDir
    Path home = Path.of("");

    @Test
    void manyPartitionsAreCommittedAndRecovered() throws IOException {
        try (TestActorSystem node = new TestActorSystem(home)) {
            BatchActorFixture batch = new BatchActorFixture(
                    node,
                    home.resolve("scale"),
                    "scale",
                    PARTITIONS,
                    BatchActorFixture.PATIENT,
                    new Job.ErrorPolicy(1, null));
            // The files of so many parts are not what is measured.
            batch.onPublish = () -> {
                throw new FailureException(Failure.transientFailure("not published here"));
            };
            long begin = System.nanoTime();
            batch.open();
            await().atMost(BatchActorFixture.SOON)
                    .until(() -> description(batch.describe()).partitions() == PARTITIONS);
            Duration planning = since(begin);

            begin = System.nanoTime();
            for (int i = 0; i < WORKERS; i++) {
                node.kit().spawn(worker(batch));
            }
            BatchStatus status = await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(50))
                    .until(batch::describe, described -> described.phase() == Phase.FAILED);
            Duration committing = since(begin);
            assertThat(description(status).committed()).isEqualTo(PARTITIONS);

            begin = System.nanoTime();
            batch.restart();
            assertThat(description(batch.describe()).committed()).isEqualTo(PARTITIONS);
            Duration recovery = since(begin);
            assertThat(ReplayPace.isOff(Batch.KEY.name() + "|" + batch.id))
                    .as("no entry was held back that the actor needs")
                    .isFalse();

            System.out.printf(Locale.ROOT, "planning %,d partitions: %d ms%n", PARTITIONS, planning.toMillis());
            System.out.printf(
                    Locale.ROOT,
                    "committing them, %d workers: %d ms, %,d commits/s, %,d journal writes%n",
                    WORKERS,
                    committing.toMillis(),
                    PARTITIONS * 1000L / committing.toMillis(),
                    batch.history(BatchEvent.Committed.class).size());
            System.out.printf(Locale.ROOT, "recovering the batch: %d ms%n", recovery.toMillis());
        }
    }

    /// Number, instances, bytes and class.
    private static final Pattern HISTOGRAM_LINE = Pattern.compile("^ *\\d+: +\\d+ +(\\d+) +(\\S+)", Pattern.MULTILINE);

    private static final Pattern COUNTED = Pattern.compile(
            "\\[[JSIZ]|(\\[+L)?(io\\.nightshift\\.|scala\\.|java\\.util\\.(?!concurrent)|java\\.lang\\.(Long|Integer|Short))");

    /// Leases and commits without end, without scoring.
    private static Behavior<WorkerMessage> worker(BatchActorFixture batch) {
        return Behaviors.setup(context -> {
            BatchCommand request = new BatchCommand.RequestLease("node:1", context.getSelf(), "nonce");
            batch.tell(request);
            return Behaviors.receiveMessage(message -> {
                switch (message) {
                    case WorkerMessage.Lease lease ->
                        batch.tell(new BatchCommand.Commit(
                                ExampleBatch.commit(
                                        lease.attempt().partition(),
                                        lease.attempt().epoch(),
                                        0),
                                List.of(),
                                context.getSelf()));
                    case WorkerMessage.Committed committed -> batch.tell(request);
                    case WorkerMessage.NothingToLease nothing -> {}
                    case WorkerMessage.WorkAt work -> {}
                    case WorkerMessage.Abandon abandon -> throw new AssertionError(abandon);
                }
                return Behaviors.same();
            });
        });
    }

    @Test
    void aPartitionCostsAFewBytesOfHeap() {
        long[] regular = new long[PARTITIONS];
        Arrays.fill(regular, 10);
        long[] irregular = new long[PARTITIONS];
        Arrays.setAll(irregular, i -> 10 + i % 2);

        long planned = heapOf(regular, false, null);
        long committed = heapOf(regular, true, null);
        long withUse = heapOf(regular, true, new Use(700_000, 800_000, 9_000, 1_000, 5_000_000, 200_000));
        long worst = heapOf(irregular, true, null);

        System.out.printf(
                Locale.ROOT,
                "heap of a batch's state, per partition: %.1f B planned, %.1f B committed, %.1f B with what the attempts"
                        + " used, %.1f B where no two neighbours are equal%n",
                (double) planned / PARTITIONS,
                (double) committed / PARTITIONS,
                (double) withUse / PARTITIONS,
                (double) worst / PARTITIONS);
        assertThat(committed / PARTITIONS).isLessThan(20);
        assertThat(withUse / PARTITIONS).isLessThan(32);
        assertThat(worst / PARTITIONS).isLessThan(100);
    }

    private static long heapOf(long[] sizes, boolean commit, @Nullable Use use) {
        long rows = Arrays.stream(sizes).sum();
        SourceFile file = new SourceFile("/data/a.parquet", rows, ExampleBatch.AT, rows, "");
        long before = usedHeap();
        BatchState state = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()),
                ExampleBatch.tookOver(1),
                new BatchEvent.Planned(ExampleBatch.AT, List.of(file), PartitionPlan.of(sizes)));
        long firstRow = 0;
        List<PartitionCommit> together = new ArrayList<>();
        for (int partition = 0; commit && partition < sizes.length; partition++) {
            together.add(PartitionCommitBuilder.builder()
                    .partition(partition)
                    .epoch(new Epoch(1, partition + 1))
                    .node("node:1")
                    .firstRow(firstRow)
                    .rows(sizes[partition])
                    .read(sizes[partition])
                    .part(new PartitionCommit.OutputFile(sizes[partition], 1, ExampleBatch.DIGEST))
                    .model(ExampleBatch.MODEL.sha256())
                    .use(use)
                    .cores(4)
                    .threads(2)
                    .build());
            firstRow += sizes[partition];
            if (together.size() == 100) {
                state = ExampleBatch.after(state, new BatchEvent.Committed(ExampleBatch.AT, together));
                together.clear();
            }
        }
        long used = usedHeap() - before;
        assertThat(state.committed().count()).isEqualTo(commit ? sizes.length : 0);
        return used;
    }

    /// The live bytes of objects of the kinds that a batch's state may consist of. Other objects of the
    /// process come and go meanwhile.
    private static long usedHeap() {
        try {
            String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            return HISTOGRAM_LINE
                    .matcher(histogram)
                    .results()
                    .filter(line -> COUNTED.matcher(line.group(2)).lookingAt())
                    .mapToLong(line -> Long.parseLong(line.group(1)))
                    .sum();
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    private static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
