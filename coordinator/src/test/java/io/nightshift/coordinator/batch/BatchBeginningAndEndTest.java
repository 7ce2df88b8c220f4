package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceInspector;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How a batch begins, and that one that is given up leaves nothing staged, whenever the process is
/// killed.
class BatchBeginningAndEndTest {

    private static final BatchId BATCH = new BatchId("flights-20261124t231425-0001");
    private static final Submission SUBMISSION = new Submission(
            JobFile.parse(
                    "{job: flights, model: delays@2, source: {parquet: input}, destination: {parquet: predictions}}",
                    Path.of("/job.yaml"),
                    List.of()),
            "fingerprint",
            "input",
            new ModelVersion("delays", 2, "ab".repeat(32)));

    private final ActorTestKit node = ActorTestKit.create(
            ConfigFactory.parseString("pekko.persistence.journal.plugin = \"pekko.persistence.journal.inmem\"")
                    .withFallback(ConfigFactory.load()));

    /// What the batch did to the world, in order.
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        node.shutdownTestKit();
    }

    @Test
    void stagedOutputIsRemovedBeforeTheBatchEnds() throws Exception {
        ActorRef<BatchCommand> batch = spawn();
        batch.tell(new BatchCommand.Open(SUBMISSION));

        batch.tell(new BatchCommand.Cancel("not needed"));

        assertThat(next()).isEqualTo("discarded");
        assertThat(next()).isEqualTo("ended as " + Phase.CANCELLED);
    }

    @Test
    void stagedOutputIsRemovedAfterACrashBeforeTheRemoval() throws Exception {
        ActorRef<BatchCommand> batch = spawn();
        batch.tell(new BatchCommand.Open(SUBMISSION));
        batch.tell(new BatchCommand.Cancel("not needed"));
        next();
        next();

        node.stop(batch);
        spawn().tell(new BatchCommand.Wake(SUBMISSION));

        assertThat(next()).isEqualTo("discarded");
        assertThat(next()).isEqualTo("ended as " + Phase.CANCELLED);
    }

    /// The messages come in while the ledger is read, and are handled before the batch hears that it
    /// has been.
    @Test
    void aNewBatchIsTakenChargeOfOnce() throws Exception {
        ActorRef<BatchCommand> batch = spawn();
        batch.tell(new BatchCommand.Open(SUBMISSION));
        TestProbe<BatchStatus> probe = node.createTestProbe(BatchStatus.class);

        probe.awaitAssert(() -> {
            batch.tell(new BatchCommand.Describe(probe.ref()));
            return assertThat(probe.receiveMessage().phase()).isEqualTo(Phase.FAILED);
        });

        batch.tell(new BatchCommand.Describe(probe.ref()));
        assertThat(probe.receiveMessage().incarnation()).isEqualTo(1);
    }

    private String next() throws InterruptedException {
        return String.valueOf(done.poll(20, TimeUnit.SECONDS));
    }

    private ActorRef<BatchCommand> spawn() {
        return node.spawn(Batch.create(
                BATCH,
                new BatchServices(
                        new BatchSettings(
                                Duration.ofSeconds(30),
                                Duration.ofMillis(100),
                                new RetryPolicy(1, Duration.ZERO, Duration.ZERO, 0)),
                        new NeverPlanned(),
                        model -> {
                            throw FailureException.permanent("there is no model");
                        },
                        new Recording(),
                        this::told,
                        work -> Thread.ofVirtual().start(work),
                        Clock.systemUTC(),
                        "127.0.0.1:7001")));
    }

    private void told(JobsCommand command) {
        if (command instanceof JobsCommand.BatchEnded ended) {
            done.add("ended as " + ended.phase());
        }
    }

    private static final class NeverPlanned implements SourceInspector {
        @Override
        public String identity(Job.Source source) {
            return "input";
        }

        @Override
        public List<InspectedFile> inspect(Job job, ModelDescription model) {
            throw FailureException.permanent("there is no input");
        }
    }

    private final class Recording implements Publisher {
        @Override
        public void prepare(BatchId batch, Job job) {}

        @Override
        public String staging(BatchId batch, Job job) {
            return "staging";
        }

        @Override
        public Publication publish(BatchState state) {
            throw FailureException.permanent("nothing is published here");
        }

        @Override
        public void discard(BatchId batch, Job job) {
            done.add("discarded");
        }
    }
}
