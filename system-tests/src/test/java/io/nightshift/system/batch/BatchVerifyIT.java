package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.testing.CommandResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The checks of `batch verify`: each kind of tampering is found and named.
class BatchVerifyIT {

    @TempDir
    Path folder = Path.of("");

    private final List<TestBatch> made = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private TestBatch batch;

    private void given(TestBatch one) {
        made.add(one);
        batch = one;
    }

    @AfterEach
    void close() {
        made.forEach(TestBatch::close);
    }

    private CommandResult verify() {
        batch.release();
        return BatchCommandLine.run(batch.home, "verify", batch.id.value());
    }

    private void assertCaught(String... words) {
        CommandResult run = verify();
        assertThat(run.out()).contains(words);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("Not verified: ").doesNotContain("java.", "\tat ");
        assertThat(run.err()).isEmpty();
    }

    // Untouched batches.

    @Test
    void anUntouchedBatchIsVerified() throws Exception {
        given(TestBatch.published(folder, "0001", "id: flight_id"));

        CommandResult run = verify();

        assertThat(run.out())
                .contains(
                        "8 entries, each following from the one before",
                        "4, each committed once; end to end they are the 2,000 input rows",
                        "8 files",
                        "1,980 predictions and 20 quarantined rows",
                        "each of the 2,000 rows read from it is in the output once",
                        "no id is in the output twice",
                        "Verified: " + batch.id + " is complete. Each of its 2,000 input rows is in the output once")
                .doesNotContain("✗", "–");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
    }

    @Test
    void aBatchWithoutIdsIsVerifiedByTheRowsPositions() throws Exception {
        given(TestBatch.published(folder, "0001"));

        CommandResult run = verify();

        assertThat(run.out()).contains("Verified: ");
        assertThat(run.status()).isZero();
    }

    @Test
    void aBatchOfSomeRowsIsVerified() throws Exception {
        given(TestBatch.published(folder, "0001", "id: flight_id", "where: flight_id % 2 = 1"));

        CommandResult run = verify();

        assertThat(run.out()).contains("each of the 1,000 rows read from it", "Verified: ");
        assertThat(run.status()).isZero();
    }

    @Test
    void aProofLeavesNothingBehind() throws Exception {
        given(TestBatch.published(folder, "0001"));

        verify();

        assertThat(batch.home).isDirectoryNotContaining("glob:**spill*");
    }

    @Test
    void theProofInJsonSaysTheSame() throws Exception {
        given(TestBatch.published(folder, "0001"));

        batch.release();
        CommandResult run = BatchCommandLine.run(batch.home, "verify", "latest", "-o", "json");
        JsonNode proof = new ObjectMapper().readTree(run.out());

        assertThat(run.out().lines()).hasSize(1);
        assertThat(proof.get("batch").asText()).isEqualTo(batch.id.value());
        assertThat(proof.get("proved").asBoolean()).isTrue();
        assertThat(proof.get("findings").findValuesAsText("outcome"))
                .hasSize(11)
                .containsOnly("proved");
    }

    @Test
    void aBatchWithRescoredPartitionsIsVerifiedByTheirLastCommits() throws Exception {
        given(TestBatch.committedAndRescored(folder, "0001", new Epoch(2, 3)));
        batch.publish();

        CommandResult run = verify();

        assertThat(run.out())
                .contains("4, each committed once", "1,980 predictions and 20 quarantined rows", "Verified: ");
        assertThat(run.status()).isZero();
    }

    @Test
    void aCommitUnderALeaseThatARescoringHasUsedUpIsCaught() throws Exception {
        given(TestBatch.committedAndRescored(folder, "0001", new Epoch(2, 2)));
        batch.publish();

        assertCaught(
                "epochs",
                "partition 3 was committed by the attempt 2-2, which was committed before the partition was rescored");
    }

    // The ledger.

    @Test
    void aTamperedEventIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.tamper(4, payload -> {
            payload[payload.length - 10] ^= 1;
            return payload;
        });

        assertCaught("ledger", "entry 4 was changed");
    }

    @Test
    void anEntryCutShortIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.tamper(4, payload -> Arrays.copyOf(payload, 20));

        assertCaught("ledger", "entry 4", "only 20 bytes");
    }

    @Test
    void aDroppedEventIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.drop(5);

        assertCaught("entry 5 is missing: after entry 4 comes entry 6");
    }

    @Test
    void anEventDroppedFromTheEndIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.drop(8);

        assertCaught("the batch ended as published, but in its ledger it is publishing after entry 7");
    }

    @Test
    void aLedgerWithoutAnyEntryIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.forge(List.of());

        assertCaught("the batch ended as published, but in its ledger it is not begun");
    }

    @Test
    void twoSwappedEventsAreCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.swap(6, 7);

        assertCaught("entry 6 was changed or moved");
    }

    @Test
    void anEventThatCannotHappenIsCaughtThoughItsHashFits() throws Exception {
        given(TestBatch.published(folder, "0001"));
        batch.append(new BatchEvent.Retried(batch.later()));

        assertCaught("entry 9 can't be", "Retried can't happen to a batch that is published");
    }

    @Test
    void aCommitForgedUnderAnotherEpochIsCaughtThoughItsHashFits() throws Exception {
        given(TestBatch.published(folder, "0001"));
        List<BatchEvent> events = batch.events();
        BatchEvent.Committed last = (BatchEvent.Committed) events.get(6);
        PartitionCommit commit = last.commits().getFirst();
        events.set(6, new BatchEvent.Committed(last.at(), List.of(with(commit, new Epoch(1, 9), commit.part()))));
        batch.forge(events);

        assertCaught(
                "epochs",
                "entry 7: partition 3 has the epoch 1-9, which incarnation 2 can't have granted",
                "ledger.head is");
    }

    @Test
    void aCommitForgedWithAnotherFileIsCaughtThoughItsHashFits() throws Exception {
        given(TestBatch.published(folder, "0001"));
        List<BatchEvent> events = batch.events();
        BatchEvent.Committed last = (BatchEvent.Committed) events.get(6);
        PartitionCommit commit = last.commits().getFirst();
        OutputFile other = new OutputFile(commit.part().rows(), commit.part().bytes(), "cd".repeat(32));
        events.set(6, new BatchEvent.Committed(last.at(), List.of(with(commit, commit.epoch(), other))));
        batch.forge(events);

        assertCaught(
                "part-000003.parquet was changed",
                "parts.part-000003.parquet.sha256 is " + commit.part().sha256(),
                "ledger.head is");
    }

    @Test
    void twoCommitsUnderOneLeaseAreCaught() throws Exception {
        given(TestBatch.committed(folder, "0001"));
        List<BatchEvent> events = batch.events();
        BatchEvent.Committed last = (BatchEvent.Committed) events.get(6);
        PartitionCommit commit = last.commits().getFirst();
        events.set(6, new BatchEvent.Committed(last.at(), List.of(with(commit, new Epoch(2, 1), commit.part()))));
        batch.forge(events);

        assertCaught("two partitions were committed under one lease, 2-1");
    }

    private static PartitionCommit with(PartitionCommit commit, Epoch epoch, OutputFile part) {
        return PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(epoch)
                .node(commit.node())
                .firstRow(commit.firstRow())
                .rows(commit.rows())
                .read(commit.read())
                .part(part)
                .quarantine(commit.quarantine())
                .model(commit.model())
                .build();
    }

    // The files.

    @Test
    void aFlippedByteIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        TestBatch.flip(batch.part(2), 100);

        assertCaught("part-000002.parquet was changed: its SHA-256 is");
    }

    @Test
    void aFileOfGarbageIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        byte[] bytes = new byte[(int) Files.size(batch.part(2))];
        Files.write(batch.part(2), bytes);

        assertCaught("part-000002.parquet was changed", "part-000002.parquet can't be read");
    }

    @Test
    void aPartWithAnotherRowCountIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001", "id: flight_id"));
        batch.rewrite(batch.part(1), "SELECT * FROM rows LIMIT 593");

        assertCaught(
                "part-000001.parquet holds 593 rows, the ledger says 594",
                "partition 1: the ids in its output are not those of rows 600 to 1,199");
    }

    @Test
    void aRepeatedIdIsDetected() throws Exception {
        given(TestBatch.published(folder, "0001", "id: flight_id"));
        batch.rewrite(
                batch.part(1),
                "SELECT * REPLACE (CASE WHEN record_id = 700 THEN 701 ELSE record_id END AS record_id) FROM rows");

        assertCaught("ids are in the output more than once: 701 × 2", "partition 1: the ids in its output");
    }

    @Test
    void aMissingPartIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.delete(batch.part(3));

        assertCaught(
                "part-000003.parquet is missing",
                "not counted, since files are missing",
                "not compared, because output is missing");
    }

    @Test
    void aMissingFolderIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.move(batch.destination(), batch.destination().resolveSibling("elsewhere"));

        assertCaught("batch=" + batch.id + " is missing");
    }

    @Test
    void aStrayPartIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.copy(batch.part(3), batch.part(4));
        Files.copy(batch.part(3), batch.destination().resolve("part-0000003.parquet"));

        assertCaught("part-000004.parquet doesn't belong", "part-0000003.parquet doesn't belong");
    }

    @Test
    void aMissingMarkOfSuccessIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.delete(batch.destination().resolve(BatchFolders.SUCCESS));

        assertCaught("_SUCCESS is missing");
    }

    @Test
    void aChangedCountInTheManifestIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Path manifest = batch.destination().resolve(BatchFolders.MANIFEST);
        Files.writeString(
                manifest, Files.readString(manifest).replace("\"predictions\" : 1980", "\"predictions\" : 1981"));

        assertCaught("_manifest.json was changed: its SHA-256 is", "rows.predictions is 1981, the ledger says 1980");
    }

    @Test
    void aManifestThatListsOtherFilesIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Path manifest = batch.destination().resolve(BatchFolders.MANIFEST);
        Files.writeString(
                manifest,
                Files.readString(manifest).replaceFirst("(?s), \\{\\s*\"file\" : \"part-000003.parquet\".*?}", ""));

        assertCaught("_manifest.json doesn't list part-000003.parquet");
    }

    @Test
    void aBrokenManifestIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Path manifest = batch.destination().resolve(BatchFolders.MANIFEST);
        Files.writeString(manifest, "{\"parts\" : [");

        assertCaught("_manifest.json can't be read");
    }

    @Test
    void stagedOutputThatWasLeftBehindIsCaught() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.createDirectories(batch.folders().attempts());

        assertCaught(".staging/batch=" + batch.id + " was left behind");
    }

    // The input.

    @Test
    void anIdThatTheInputRepeatsIsReportedAsTheInputs() throws Exception {
        Files.createDirectories(folder.resolve("input"));
        given(TestBatch.submitted(folder, "0000"));
        batch.rewrite(
                folder.resolve("input/flights-1.parquet"),
                "SELECT * REPLACE (CASE WHEN flight_id = 1500 THEN 17 ELSE flight_id END AS flight_id) FROM rows");
        batch.release();
        given(TestBatch.published(folder, "0001", "id: flight_id"));

        assertCaught("the input itself repeats ids in its column flight_id: 17 × 2");
    }

    @Test
    void rowsWithoutAnIdAreNotTakenForRepeatedIds() throws Exception {
        given(TestBatch.submitted(folder, "0000"));
        batch.rewrite(
                folder.resolve("input/flights-1.parquet"),
                "SELECT * REPLACE (CASE WHEN delay IS NULL THEN NULL ELSE flight_id END AS flight_id) FROM rows");
        batch.release();
        given(TestBatch.published(folder, "0001", "id: flight_id"));

        CommandResult run = verify();

        assertThat(run.out()).contains("Verified: ");
    }

    @Test
    void aChangedInputIsReportedAndIsNoFailure() throws Exception {
        given(TestBatch.published(folder, "0001"));
        Files.writeString(folder.resolve("input/flights-1.parquet"), "something else");

        CommandResult run = verify();

        assertThat(run.out())
                .contains(
                        "not compared with the input, which has changed",
                        "flights-1.parquet: its length was",
                        "Verified without the input: ");
        assertThat(run.status()).isZero();
    }

    // Batches on their way.

    @Test
    void theExistingPartOfARunningBatchIsVerified() throws Exception {
        given(TestBatch.planned(folder, "0001", "id: flight_id"));
        batch.append(new BatchEvent.Committed(
                batch.later(), List.of(batch.score(1, new Epoch(1, 1)), batch.score(3, new Epoch(1, 2)))));

        CommandResult run = verify();

        assertThat(run.out())
                .contains(
                        "2 of 4 are committed",
                        "1,200 of 2,000 input rows are not yet covered",
                        "nothing is published: the batch is running",
                        "4 files",
                        "each of the 800 rows read from it is in the output once",
                        "The checks found no problem in what exists")
                .doesNotContain("✗");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void aMissingStagedFileIsDetected() throws Exception {
        given(TestBatch.committed(folder, "0001"));
        Files.delete(batch.folders().attempts().resolve("part-000002.parquet.2-1.staged"));

        assertCaught("part-000002.parquet.2-1.staged is missing");
    }

    @Test
    void aBatchThatIsNotPlannedIsVerifiedAsFarAsItIs() throws Exception {
        given(TestBatch.submitted(folder, "0001"));

        CommandResult run = verify();

        assertThat(run.out())
                .contains("2 entries", "no partition is committed yet")
                .doesNotContain("✗");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void aCancelledBatchLeavesNothingStaged() throws Exception {
        given(TestBatch.planned(folder, "0001"));
        batch.append(new BatchEvent.Cancelled(batch.later(), "given up"));
        batch.registered(new BatchRegisterEvent.Ended(batch.later(), batch.id, Phase.CANCELLED));

        assertCaught(".staging/batch=" + batch.id + " was left behind");
    }
}
