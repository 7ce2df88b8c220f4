package io.nightshift.client;

import io.nightshift.api.AlertPage;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.BatchProof;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.LedgerExport;
import io.nightshift.api.LedgerReport;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.VerificationFinding;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads batches, their jobs and alerts, and the ledger with their history. [NightshiftClient] asks a server; the
/// command line also reads the ledger of a home folder without one.
///
/// Changes nothing. Every stage may fail with a [NightshiftException].
///
/// A parameter `batch` is a batch's ID, a prefix of it that no other batch's ID has, or `latest`.
public interface BatchReader extends AutoCloseable {

    /// Lists batches, newest first.
    ///
    /// @param filter the batches to list, and where the page begins
    CompletionStage<BatchPage> list(BatchFilter filter);

    /// Lists all jobs that were ever submitted, and all applied jobs.
    CompletionStage<JobList> jobs();

    /// Reads a batch's status.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    CompletionStage<BatchDescription> describe(String batch);

    /// Reads the status that a batch had at some time, from its ledger.
    ///
    /// The stage fails with the kind `NOT_FOUND` if there was no such batch yet.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param at the time
    CompletionStage<BatchDescription> describe(String batch, Instant at);

    /// Reads a page of a batch's history, of at most 1,000 entries.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param after number of the last entry that is already known; 0 to begin with the first
    CompletionStage<EventPage> events(String batch, long after);

    /// Reads how much the predictions and features of a batch differ from those of the batch that its checks have
    /// compared it with.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    CompletionStage<DriftReport> drift(String batch);

    /// Reads how much the predictions and features of a batch differ from those of another.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param against the batch to compare with, written as `batch`
    CompletionStage<DriftReport> drift(String batch, String against);

    /// Lists alerts, newest first.
    ///
    /// @param filter the alerts to list, and where the page begins
    CompletionStage<AlertPage> alerts(AlertFilter filter);

    /// Counts the quarantined rows of a batch by reason, with an example row for each. At most the first
    /// million rows are counted.
    ///
    /// Over HTTP only. A client by messages fails the stage with the kind `UNEXPECTED`, because messages
    /// carry no rows.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    CompletionStage<QuarantineReasons> quarantineReasons(String batch);

    /// Reads a page of the quarantined rows of a batch, of at most 1,000 rows.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param filter the rows to read, and where the page begins
    CompletionStage<QuarantinedRowPage> quarantinedRows(String batch, QuarantineFilter filter);

    /// Reads the first predictions of a published batch.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// The stage fails with the kind `REFUSED` if the batch is not published, or its output can't be read.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param rows the most rows, 1 to 10,000
    CompletionStage<PredictionRows> predictions(String batch, int rows);

    /// Verifies a batch: a node compares its ledger, its output and its input. A connection that breaks ends the
    /// verification. A node verifies or replays one batch at a time.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param finding called with each finding as soon as it is made, by one thread at a time; must not block
    /// @return completes with the result; cancelling it ends the verification
    CompletionStage<BatchProof> verify(String batch, Consumer<VerificationFinding> finding);

    /// Replays a published batch: a node scores it again, from the same input and with the same model, and compares
    /// the scores with those that were published. A connection that breaks ends the replay. A node verifies or
    /// replays one batch at a time.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// The stage fails with the kind `REFUSED` if the batch is not published, or its input, its model or its output
    /// is gone or has changed.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param options which partitions, and by how many threads
    /// @param progress called with the progress, by one thread at a time; must not block
    /// @return completes with the result; cancelling it ends the replay
    CompletionStage<ReplayReport> replay(String batch, ReplayOptions options, Consumer<ReplayProgress> progress);

    /// Verifies every entry of the ledger, which can take minutes. A node checks or exports the ledger once at a
    /// time.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// @return completes with the result; cancelling it drops the result
    CompletionStage<LedgerReport> checkLedger();

    /// Exports the ledger: its entries as the lines of a file, which can be imported. A connection that breaks ends
    /// the export. A node checks or exports the ledger once at a time.
    ///
    /// Over HTTP only, like [#quarantineReasons].
    ///
    /// @param batch only the entries of this batch: ID, unambiguous prefix of an ID, or `latest`; null for all
    /// @param line called with each line in order, without its line feed, by one thread at a time
    /// @return completes with the result, after the last line; cancelling it ends the export
    CompletionStage<LedgerExport> exportLedger(@Nullable String batch, Consumer<String> line);

    /// Ends the reader. Stages that haven't completed may fail or never complete.
    @Override
    void close();
}
