package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFaultsTest {

    private final NodeFaults faults = new NodeFaults(Clock.systemUTC());

    @Test
    void aMissingFileIsAFaultUntilItCanBeRead(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("in.parquet");
        faults.failed(Failure.of(FailedResource.Type.INPUT, file.toString(), "it does not exist"));

        faults.probe();
        assertThat(faults.all())
                .extracting(NodeFaults.Fault::resource)
                .containsExactly(new FailedResource(FailedResource.Type.INPUT, file.toString()));
        assertThat(faults.count(FailedResource.Type.INPUT)).isOne();

        Files.createFile(file);
        faults.probe();
        assertThat(faults.all()).isEmpty();
    }

    @Test
    void aSuccessEndsTheFaultsAndASharedResourceIsNone() {
        faults.failed(Failure.of(FailedResource.Type.STORAGE, "/out", "the share is away"));
        faults.failed(Failure.transientFailure("no memory"));
        assertThat(faults.all()).isEmpty();
        faults.failed(Failure.of(FailedResource.Type.REGISTRY, "m@1", "it does not exist"));
        faults.probe();
        assertThat(faults.count(FailedResource.Type.REGISTRY)).isOne();

        faults.succeeded();

        assertThat(faults.all()).isEmpty();
    }
}
