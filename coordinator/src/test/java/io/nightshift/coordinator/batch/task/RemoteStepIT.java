package io.nightshift.coordinator.batch.task;

import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.BatchActorFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.StepReply;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A batch whose coordinator lacks the input, so that other nodes plan it. The messages between the nodes are
/// written and read as between processes.
@Timeout(600)
final class RemoteStepIT {

    private static final Job.ErrorPolicy LENIENT = new Job.ErrorPolicy(1, null);
    private static final Duration SOON = BatchActorFixture.SOON;

    @TempDir
    static Path home = Path.of("");

    private static TestActorSystem node;

    private BatchActorFixture batch;

    @BeforeAll
    static void startNode() {
        node = new TestActorSystem(home);
    }

    @AfterAll
    static void stopNode() {
        node.close();
    }

    @BeforeEach
    void start(TestInfo test) throws IOException {
        String name = test.getTestMethod().orElseThrow().getName();
        BatchSettings settings = new BatchSettings(
                Duration.ofSeconds(4),
                Duration.ofMillis(40),
                new RetryPolicy(
                        3,
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        0,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1)),
                Duration.ofMinutes(5),
                Duration.ofSeconds(1));
        batch = new BatchActorFixture(node, home.resolve(name), name.toLowerCase(Locale.ROOT), 1, settings, LENIENT);
        batch.onInspect = () -> {
            throw missing();
        };
    }

    private FailureException missing() {
        return new FailureException(
                Failure.of(FailedResource.Type.INPUT, batch.source.toString(), "there is no file " + batch.source));
    }

    private List<String> reporters() {
        return batch.history(BatchEvent.StepFailed.class).stream()
                .map(BatchEvent.StepFailed::node)
                .toList();
    }

    @Test
    void aNodeThatSeesTheInputPlansAndTheBatchIsPublished() throws IOException {
        batch.help("node:2", (job, model) -> batch.inspect());
        batch.open();

        batch.complete(0);

        assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation()).isOne();
        assertThat(reporters()).containsExactly("node:1");
    }

    @Test
    void aFileThatNoNodeSeesFailsTheBatch() {
        batch.help("node:2", (job, model) -> {
            throw missing();
        });
        batch.open();

        assertThat(batch.failure()).isEqualTo("there is no file " + batch.source);
        assertThat(reporters()).containsExactly("node:1", "node:2");
    }

    @Test
    void aPlanOfManyFilesComesInParts() {
        List<SourceFile> files = IntStream.range(0, 20_000)
                .mapToObj(i -> new SourceFile(
                        "/data/lake/flights/year=2026/month=11/part-%06d.parquet".formatted(i),
                        300,
                        Instant.EPOCH.plusNanos(i),
                        i % 3,
                        "0123456789abcdef"))
                .toList();
        List<InspectedFile> inspected = files.stream()
                .map(file -> new InspectedFile(file, List.of(file.rows())))
                .toList();
        batch.help("node:2", (job, model) -> inspected);
        batch.tell(new BatchCommand.Open(
                new Submission(batch.job, ExampleBatch.DIGEST, SourcePins.identity(inspected), ExampleBatch.MODEL)));

        batch.awaitPhase(Phase.RUNNING);

        assertThat(batch.history(BatchEvent.Planned.class))
                .singleElement()
                .satisfies(planned -> assertThat(planned.files()).isEqualTo(files));
    }

    @Test
    void theLatePlanOfASilentNodeDoesNotCount() throws IOException {
        TestProbe<StepCommand> silent = node.kit().createTestProbe(StepCommand.class);
        batch.helpers.put("node:2", silent.ref());
        AtomicBoolean isMounted = new AtomicBoolean();
        batch.onInspect = () -> {
            if (!isMounted.getAndSet(true)) {
                throw missing();
            }
        };
        batch.open();

        StepCommand.Run asked = silent.expectMessageClass(StepCommand.Run.class, SOON);
        assertThat(asked.incarnation()).isOne();
        assertThat(asked.phase()).isEqualTo(Phase.SUBMITTED);
        assertThat(description(batch.awaitPhase(Phase.RUNNING)).incarnation())
                .as("the coordinator has taken over from itself")
                .isEqualTo(2);
        List<String> late = StepResult.parts(
                new CoordinatorMessage.PlanCompleted(batch.inspect(), PartitionPlan.of(10), ExampleBatch.INPUT),
                Instant.EPOCH);
        asked.replyTo().tell(new StepReply.Part(asked.nonce(), 0, true, late.getFirst(), silent.ref()));
        batch.complete(0);
        batch.awaitPhase(Phase.PUBLISHED);
        assertThat(batch.history(BatchEvent.Planned.class)).hasSize(1);
    }

    @Test
    void aReplyWithoutTheNonceIsIgnored() {
        TestProbe<StepCommand> other = node.kit().createTestProbe(StepCommand.class);
        batch.helpers.put("node:2", other.ref());
        batch.open();
        StepCommand.Run asked = other.expectMessageClass(StepCommand.Run.class, SOON);

        asked.replyTo().tell(new StepReply.Failed("guessed", Failure.permanent("no such column"), false));
        asked.replyTo().tell(new StepReply.Failed(asked.nonce(), Failure.permanent("no such type"), false));

        assertThat(batch.failure()).isEqualTo("no such type");
    }

    @Test
    void aNodeRefusesTheStepOfACoordinatorThatIsNoLongerInOffice() throws IOException {
        ActorRef<StepCommand> helper = batch.help("node:2", (job, model) -> batch.inspect());
        batch.open();
        batch.complete(0);
        TestProbe<StepReply> probe = node.kit().createTestProbe(StepReply.class);

        for (int incarnation = 1; incarnation <= 2; incarnation++) {
            helper.tell(new StepCommand.Run(batch.id, incarnation, Phase.SUBMITTED, "nonce", probe.ref()));
            StepReply reply = probe.fishForMessage(
                            SOON,
                            message -> message instanceof StepReply.Working
                                    ? FishingOutcomes.continueAndIgnore()
                                    : FishingOutcomes.complete())
                    .getFirst();
            assertThat(reply).isInstanceOfSatisfying(StepReply.Failed.class, failed -> {
                assertThat(failed.failure().message()).contains("another coordinator has taken over the batch");
                assertThat(failed.mayContinue()).isFalse();
            });
        }
    }
}
