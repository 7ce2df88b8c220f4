package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.Job;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A process that goes on with a batch, commits one partition after the other, and prints each when
/// it is acknowledged, until it is killed.
final class CommittingProcess {

    static final String BATCH = "killed";
    static final int PARTITIONS = 1_000_000;

    private CommittingProcess() {}

    static Process start(Path home) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CommittingProcess.class.getName(),
                home.toString());
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    public static void main(String[] arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        try (TestActorSystem node = new TestActorSystem(home)) {
            BatchActorFixture batch = new BatchActorFixture(
                    node,
                    home.resolve(BATCH),
                    BATCH,
                    PARTITIONS,
                    BatchActorFixture.PATIENT,
                    new Job.ErrorPolicy(1, null));
            batch.open();
            while (true) {
                WorkerMessage.Lease lease = batch.lease();
                PartitionCommit commit = ExampleBatch.commit(
                        lease.attempt().partition(), lease.attempt().epoch(), 0);
                batch.commit(commit);
                batch.worker.expectMessage(BatchActorFixture.SOON, new WorkerMessage.Committed(lease.attempt()));
                System.out.println(lease.attempt().partition());
            }
        }
    }
}
