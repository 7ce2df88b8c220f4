package io.nightshift.cli.run;

import com.typesafe.config.ConfigFactory;
import io.nightshift.cli.ProcessExit;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.storage.duckdb.DuckDb;
import java.time.Instant;

/// Loads in the background what a run needs later. The first use of a library is slow, since its code is
/// loaded and its tables are built. The warm-up does not change what a run does.
public final class Warmup {

    private Warmup() {}

    /// Starts in the background, before the command line is parsed.
    public static void begin() {
        Thread.ofPlatform().daemon().name("warm-up-duckdb").start(DuckDb::load);
        Thread.ofPlatform().daemon().name("warm-up-config").start(ConfigFactory::load);
        Thread.ofPlatform().daemon().name("warm-up-exit").start(ProcessExit::prepare);
    }

    /// Encodes and decodes an event, while the node forms its cluster.
    static void codec(Submission submission) {
        BatchId batch = BatchId.of(submission.job().name(), Instant.EPOCH, 0);
        BatchEvent event = new BatchEvent.Submitted(
                Instant.EPOCH, batch, submission.job(), submission.model(), submission.input());
        LedgerEntry.after(LedgerEntry.origin(batch), event).event();
    }
}
