package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.system.run.InProcess;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A batch whose ledger lacks an entry.
final class DamagedLedgerIT {

    @TempDir
    private Path folder;

    @Test
    void aDamagedBatchIsNotResumedAndANewOneMayReplaceIt() throws Exception {
        try (TestBatch damaged = TestBatch.submitted(folder, "0001")) {
            damaged.drop(1);
        }
        FlightsJob job = FlightsJob.in(folder);

        InProcess.run(job)
                .expect(
                        2,
                        "batch flights-20261124t231425-0001 of this job can't be resumed: the ledger is damaged",
                        "start a new batch with --new");
        assertThat(job.published()).isEmpty();

        InProcess.run(job, "--new").expect(0);
        InProcess.run(job).expect(0);
        assertThat(job.published()).hasSize(1);
    }
}
