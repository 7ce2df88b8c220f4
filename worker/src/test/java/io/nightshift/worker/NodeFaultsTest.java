package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFaultsTest {

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final BatchId OTHER = new BatchId("flights-2");
    private static final Failure REGISTRY = Failure.of(FailedResource.Type.REGISTRY, "m@1", "it does not exist");

    private Instant now = Instant.parse("2026-11-24T23:14:25Z");
    private final InstantSource source = () -> now;
    private final NodeFaults faults = new NodeFaults(source.withZone(ZoneOffset.UTC));

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @Test
    void aMissingFileIsAFaultUntilItCanBeRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("in.parquet");
        faults.failed(BATCH, Failure.of(FailedResource.Type.INPUT, file.toString(), "it does not exist"));

        faults.probe();
        faults.succeeded(OTHER);
        assertThat(faults.all())
                .extracting(NodeFaults.Fault::resource)
                .containsExactly(new FailedResource(FailedResource.Type.INPUT, file.toString()));
        assertThat(faults.count(FailedResource.Type.INPUT)).isOne();

        Files.createFile(file);
        faults.probe();
        assertThat(faults.all()).isEmpty();
    }

    @Test
    void aFolderThatCanBeReadMayStillLackTheFiles(@TempDir Path folder) {
        faults.failed(BATCH, Failure.of(FailedResource.Type.INPUT, folder.toString(), "there is no .parquet file"));

        faults.probe();

        assertThat(faults.count(FailedResource.Type.INPUT)).isOne();
    }

    @Test
    void aFaultThatNoAttemptMeetsAnyMoreIsOver() {
        faults.failed(BATCH, Failure.of(FailedResource.Type.INPUT, "/nowhere/a.parquet", "it does not exist"));
        pass(Duration.ofMinutes(3));

        faults.probe();

        assertThat(faults.all()).isEmpty();
    }

    @Test
    void aSharedResourceIsNoFaultOfTheNode() {
        faults.failed(BATCH, Failure.of(FailedResource.Type.STORAGE, "/out", "the share is away"));
        faults.failed(BATCH, Failure.transientFailure("no memory"));

        assertThat(faults.all()).isEmpty();
    }

    @Test
    void aMissingFileKeepsTheNodeFromItsBatchOnly() {
        faults.failed(BATCH, Failure.of(FailedResource.Type.INPUT, "/nowhere/a.parquet", "it does not exist"));
        faults.heldOff(BATCH, Duration.ofSeconds(20));

        assertThat(faults.permitsWork()).isTrue();
        assertThat(faults.all()).singleElement().satisfies(fault -> {
            assertThat(fault.isOfAllWork()).isFalse();
            assertThat(fault.nextTry()).isEqualTo(now.plusSeconds(20));
        });

        pass(Duration.ofSeconds(21));
        assertThat(faults.all())
                .singleElement()
                .satisfies(fault -> assertThat(fault.nextTry()).isNull());
    }

    @Test
    void aMissingRegistryAllowsOneTryAfterEachBackoff() {
        faults.failed(BATCH, REGISTRY);
        assertThat(faults.permitsWork()).isFalse();

        pass(Duration.ofSeconds(1));
        assertThat(faults.permitsWork()).as("one worker tries").isTrue();
        assertThat(faults.permitsWork()).as("the others do not").isFalse();

        faults.failed(BATCH, REGISTRY);
        pass(Duration.ofSeconds(3));
        assertThat(faults.permitsWork()).as("the backoff has grown").isFalse();
        assertThat(faults.all()).singleElement().satisfies(fault -> {
            assertThat(fault.isOfAllWork()).isTrue();
            assertThat(fault.since()).isEqualTo(Instant.parse("2026-11-24T23:14:25Z"));
            assertThat(fault.nextTry()).isAfter(now);
        });

        pass(Duration.ofSeconds(30));
        assertThat(faults.permitsWork()).isTrue();
        faults.succeeded(OTHER);
        assertThat(faults.permitsWork()).isTrue();
        assertThat(faults.permitsWork()).as("all workers continue").isTrue();
        assertThat(faults.all()).isEmpty();
    }

    @Test
    void aFullFolderOfTemporaryFilesIsOverWhenItsBatchSucceeds() {
        faults.failed(BATCH, Failure.of(FailedResource.Type.SCRATCH, "/spill", "no space left"));

        faults.succeeded(OTHER);
        assertThat(faults.count(FailedResource.Type.SCRATCH)).isOne();
        faults.succeeded(BATCH);
        assertThat(faults.all()).isEmpty();
    }
}
