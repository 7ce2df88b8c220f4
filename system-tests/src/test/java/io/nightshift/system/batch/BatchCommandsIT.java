package io.nightshift.system.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.testing.CommandResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchCommandsIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder = Path.of("");

    private final List<TestBatch> made = new ArrayList<>();

    private TestBatch given(TestBatch batch) {
        made.add(batch);
        batch.release();
        return batch;
    }

    @AfterEach
    void close() {
        made.forEach(TestBatch::close);
    }

    private CommandResult batch(String... arguments) {
        return BatchCommandLine.run(folder.resolve("home"), arguments);
    }

    // List.

    @Test
    void batchesAreListedNewestFirst() throws Exception {
        given(TestBatch.published(folder, "0001"));
        given(TestBatch.planned(folder, "0002"));

        CommandResult run = batch("list");

        assertThat(run.out()).isEqualTo("""
                BATCH                         STATE      SUBMITTED             MODEL     PARTITIONS   ROWS  PREDICTIONS  QUARANTINED
                flights-20261124t231425-0002  running    2026-11-24T23:14:25Z  delays@2         0/4  2,000            0            0
                flights-20261124t231425-0001  published  2026-11-24T23:14:25Z  delays@2         4/4  2,000        1,980           20
                """.replace("\n", System.lineSeparator()));
        assertThat(run.status()).isZero();
    }

    @Test
    void theListCanBeLimitedAndOfOneJob() throws Exception {
        given(TestBatch.submitted(folder, "0001"));
        given(TestBatch.submitted(folder, "0002"));

        assertThat(batch("list", "--limit", "1", "--job", "flights").out())
                .contains("-0002")
                .doesNotContain("-0001");
        assertThat(batch("list", "--job", "fligths").out())
                .contains("There is no batch of a job fligths; did you mean flights?");
        assertThat(batch("list", "--job", "churn").out()).contains("there are batches of flights.");
        assertThat(batch("list", "--limit", "0"))
                .isEqualTo(new CommandResult(2, "", "nightshift: --limit must be 1 or more, not 0\n"));
    }

    @Test
    void theListInJsonIsAnArray() throws Exception {
        TestBatch published = given(TestBatch.published(folder, "0001"));

        JsonNode list = JSON.readTree(batch("list", "-o", "json").out());

        assertThat(list).hasSize(1);
        assertThat(list.get(0).get("batch").asText()).isEqualTo(published.id.value());
        assertThat(list.get(0).get("state").asText()).isEqualTo("published");
        assertThat(list.get(0).get("rows").asLong()).isEqualTo(2000);
        assertThat(list.get(0).get("predictions").asLong()).isEqualTo(1980);
        assertThat(list.get(0).get("quarantined").asLong()).isEqualTo(20);
        assertThat(list.get(0).get("partitions").asInt()).isEqualTo(4);
        assertThat(list.get(0).get("destination").asText())
                .isEqualTo(published.destination().toString());
    }

    @Test
    void aBatchWithADamagedLedgerIsListedAsThat() throws Exception {
        TestBatch damaged = given(TestBatch.submitted(folder, "0001"));
        damaged.drop(1);
        damaged.release();
        given(TestBatch.submitted(folder, "0002"));

        assertThat(batch("list").out().lines())
                .anyMatch(line -> line.contains("-0001  damaged"))
                .anyMatch(line -> line.contains("-0002  submitted"));
        assertThat(batch("show", "flights-20261124t231425-0001").out()).contains("the ledger is damaged");
    }

    @Test
    void withoutBatchesTheListSaysSoAndCreatesNothing() {
        CommandResult run = batch("list");

        assertThat(run.out()).startsWith("Nothing here: no batch has run with the home folder");
        assertThat(run.status()).isZero();
        assertThat(batch("list", "-o", "json").out().strip()).matches("\\[\\s*]");
        assertThat(batch("show", "latest").err()).startsWith("nightshift: no batch has run with the home folder");
        assertThat(batch("verify", "latest").status()).isEqualTo(2);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aHomeThatAnotherProcessHoldsIsRefusedInOneSentence() throws Exception {
        given(TestBatch.submitted(folder, "0001"));

        CommandResult run;
        try (EmbeddedLedger held = EmbeddedLedger.open(folder.resolve("home"))) {
            assertThat(held.ledger().registerEvents()).hasSize(1);
            run = batch("list");
        }

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err())
                .contains("process " + ProcessHandle.current().pid() + " (")
                .contains(") is using " + folder.resolve("home"));
    }

    // Names of batches.

    @Test
    void aBatchIsFoundByIdPrefixOrAsTheLatest() throws Exception {
        TestBatch first = given(TestBatch.submitted(folder, "0001"));
        TestBatch second = given(TestBatch.submitted(folder, "0012"));

        assertThat(batch("show", first.id.value()).out()).contains(first.id.value());
        assertThat(batch("show", "flights-20261124t231425-001").out()).contains(second.id.value());
        assertThat(batch("show", "latest").out()).contains(second.id.value());
    }

    @Test
    void aNameOfSeveralBatchesOrNoneIsRefusedWithWhatThereIs() throws Exception {
        given(TestBatch.submitted(folder, "0001"));
        given(TestBatch.submitted(folder, "0002"));

        assertThat(batch("show", "flights"))
                .isEqualTo(
                        new CommandResult(
                                2,
                                "",
                                "nightshift: 2 batches begin with flights: flights-20261124t231425-0002, flights-20261124t231425-0001\n"));
        assertThat(batch("show", "fligths-20261124t231425-0001").err())
                .isEqualTo(
                        "nightshift: there is no batch fligths-20261124t231425-0001; did you mean flights-20261124t231425-0001?\n");
        assertThat(batch("verify", "churn").err())
                .isEqualTo(
                        "nightshift: there is no batch churn; `batch list` shows them all, and `job runs churn` the runs of the job, if one is applied\n");
    }

    // Show and events.

    @Test
    void aFailedBatchIsShownWithItsReason() throws Exception {
        TestBatch failed = TestBatch.planned(folder, "0001");
        failed.append(new BatchEvent.Failed(failed.later(), Failure.permanent("the disk is full")));
        given(failed);

        CommandResult run = batch("show", "latest");

        assertThat(run.out().lines())
                .contains(
                        "state        failed",
                        "reason       the disk is full",
                        "partitions   0 of 4 committed",
                        "input rows   2,000");
        assertThat(JSON.readTree(batch("show", "latest", "-o", "json").out())
                        .get("reason")
                        .asText())
                .isEqualTo("the disk is full");
    }

    @Test
    void aBatchIsShownAsItWasAtATime() throws Exception {
        given(TestBatch.published(folder, "0001"));

        assertThat(batch("show", "latest", "--at", "2026-11-24T23:17:25.2Z")
                        .out()
                        .lines())
                .contains("state        running", "partitions   0 of 4 committed", "input rows   2,000");
        assertThat(batch("show", "latest", "--at", "2026-11-25T00:18:26+01:00")
                        .out()
                        .lines())
                .contains("partitions   2 of 4 committed", "predictions  1,188");
        assertThat(batch("show", "latest", "--at", "2026-12-01T00:00Z").out()).contains("published");
        batch("show", "latest", "--at", "2026-11-24T23:00Z").expect(2, "was opened at 2026-11-24T23:14:25.123Z, after");
        batch("show", "latest", "--at", "yesterday").expect(2, "--at must be a time with its offset", "not yesterday");
    }

    @Test
    void eventsArePrintedOnePerLine() throws Exception {
        TestBatch batch = TestBatch.committed(folder, "0001");
        batch.append(
                new BatchEvent.Failed(batch.later(), Failure.permanent("the disk\nis full")),
                new BatchEvent.Retried(batch.later()),
                new BatchEvent.Published(batch.later(), "predictions", "00"));
        given(batch);

        CommandResult run = batch("events", "latest");

        assertThat(run.out().lines())
                .containsExactly(
                        "2026-11-24T23:15:25Z  submitted       job flights with model delays@2",
                        "2026-11-24T23:16:25Z  took over       127.0.0.1:7001 took over the batch, incarnation 1",
                        "2026-11-24T23:17:25Z  planned         2 files with 2,000 rows, cut into 4 partitions",
                        "2026-11-24T23:18:25Z  committed       partitions 0 to 1: 1,188 predictions, 12 quarantined, by 127.0.0.1:7001",
                        "2026-11-24T23:19:25Z  took over       127.0.0.1:7002 took over the batch, incarnation 2",
                        "2026-11-24T23:20:25Z  committed       partition 2: 594 predictions, 6 quarantined, by 127.0.0.1:7001",
                        "2026-11-24T23:21:25Z  committed       partition 3: 198 predictions, 2 quarantined, by 127.0.0.1:7001",
                        "2026-11-24T23:22:25Z  failed          the disk is full",
                        "2026-11-24T23:23:25Z  retried         partitions that are not committed are scored again",
                        "2026-11-24T23:24:25Z  published       in predictions");
    }

    @Test
    void aFailedAttemptIsLoggedWithPartitionAndNode() throws Exception {
        TestBatch batch = TestBatch.planned(folder, "0001");
        batch.append(new BatchEvent.AttemptFailed(
                batch.later(), 3, new Epoch(1, 1), "127.0.0.1:7001", Failure.transientFailure("no space left")));
        given(batch);

        assertThat(batch("events", "latest").out())
                .contains("attempt failed  partition 3, attempt 1-1 on 127.0.0.1:7001: no space left");
    }

    @Test
    void theEventsShowWhatAnOperatorDid() throws Exception {
        TestBatch batch = TestBatch.committed(folder, "0001");
        batch.append(
                new BatchEvent.Failed(batch.later(), Failure.permanent("no")),
                new BatchEvent.Rescored(batch.later(), List.of(3, 0, 1)),
                new BatchEvent.Retried(batch.later()),
                new BatchEvent.Paused(batch.later(), "the warehouse is being loaded"),
                new BatchEvent.Resumed(batch.later()),
                new BatchEvent.Paused(batch.later(), "again", "ops"));
        given(batch);

        assertThat(batch("show", "latest").out()).containsPattern("paused +since 2026-11-24T\\S+Z by ops: again");
        JsonNode json = JSON.readTree(batch("show", "latest", "-o", "json").out());
        assertThat(json.at("/pause/reason").asText()).isEqualTo("again");
        assertThat(json.at("/pause/by").asText()).isEqualTo("ops");

        assertThat(batch("events", "latest").out())
                .contains(
                        "rescored        partitions 0 to 1, 3 will be scored again",
                        "paused          the warehouse is being loaded",
                        "paused          by ops: again",
                        "resumed         resumed from where it paused");
    }

    @Test
    void eventsInJsonAreTheStoredOnesALineEach() throws Exception {
        given(TestBatch.committed(folder, "0001"));

        List<String> lines =
                batch("events", "latest", "-o", "json").out().lines().toList();
        JsonNode third = JSON.readTree(lines.get(2));

        assertThat(lines).hasSize(7);
        assertThat(third.get("number").asInt()).isEqualTo(3);
        assertThat(third.get("hash").asText()).hasSize(64);
        assertThat(third.get("event").asText()).isEqualTo("planned");
        assertThat(third.get("at").asText()).isEqualTo("2026-11-24T23:17:25.123Z");
        assertThat(third.at("/partitions/runs/0/count").asInt()).isEqualTo(3);
    }

    // The command line.

    @Test
    void aWrongCommandIsRefused() {
        assertThat(batch("show").status()).isEqualTo(2);
        assertThat(batch("show", "latest", "-o", "xml").err())
                .contains("'xml' is not an output format; use table, json or yaml")
                .doesNotContain("\tat ");
        assertThat(batch("frobnicate").status()).isEqualTo(2);
        assertThat(batch("shwo").err()).contains("there is no command 'shwo'; did you mean show?");
    }

    // Head.

    @Test
    void theFirstPredictionsOfAPublishedBatchAreShown() throws Exception {
        given(TestBatch.published(folder, "0001"));

        CommandResult run = batch("head", "latest", "-n", "3");

        assertThat(run.out()).isEqualTo("""
                record_file        record_row  prediction  probability
                flights-0.parquet           0           1          0.0
                flights-0.parquet           1           1       5.0E-4
                flights-0.parquet           2           1        0.001
                """.replace("\n", System.lineSeparator()));
        assertThat(run.status()).isZero();
    }

    @Test
    void theFirstPredictionsInJsonAreAnArrayWithAllColumns() throws Exception {
        given(TestBatch.published(folder, "0001"));

        JsonNode rows = JSON.readTree(batch("head", "latest", "-o", "json").out());

        assertThat(rows).hasSize(10);
        assertThat(rows.get(1).get("record_file").asText()).endsWith("/input/flights-0.parquet");
        assertThat(rows.get(1).get("record_row").isIntegralNumber()).isTrue();
        assertThat(rows.get(1).get("probability").asDouble()).isEqualTo(0.0005);
    }

    @Test
    void aBatchThatIsNotPublishedHasNoFirstPredictions() throws Exception {
        TestBatch committed = given(TestBatch.committed(folder, "0001"));

        batch("head", "latest").expect(2, "batch %s is not published".formatted(committed.id), "batch show");
    }

    @Test
    void aNumberOfRowsThatIsTooSmallOrTooLargeIsRefused() throws Exception {
        given(TestBatch.published(folder, "0001"));

        batch("head", "latest", "-n", "0").expect(2, "--rows must be 1 to 10000, not 0");
        batch("head", "latest", "--rows", "10001").expect(2, "--rows must be 1 to 10000, not 10001");
        batch("head", "latest", "-n", "ten").expect(2, "ten");
    }

    // Diff.

    @Test
    void theRecordsThatDifferInTwoBatchesAreShown() throws Exception {
        given(TestBatch.published(folder, "0001"));
        TestBatch later = given(TestBatch.published(folder, "0002"));
        later.rewrite(later.part(3), """
                SELECT * REPLACE (CASE WHEN record_row < 802 THEN probability + 0.25 ELSE probability END AS probability)
                FROM '%s' WHERE record_row < 990
                """.formatted(later.part(3)));

        CommandResult same = batch("diff", "flights-20261124t231425-0001", "flights-20261124t231425-0001");
        CommandResult run = batch("diff", "flights-20261124t231425-0001", "latest", "-n", "1");
        JsonNode json = JSON.readTree(batch("diff", "flights-20261124t231425-0001", "latest", "-o", "json")
                .out());

        assertThat(same.status()).isZero();
        assertThat(same.out()).containsPattern("changed +0\\n").containsPattern("gone +0\\n");
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("The records that changed most:").contains(" -> ");
        assertThat(json.get("earlier_predictions").asLong()).isEqualTo(1980);
        assertThat(json.get("changed").asLong()).isEqualTo(2);
        assertThat(json.get("gone").asLong()).isEqualTo(9);
        assertThat(json.get("new").asLong()).isZero();
        assertThat(json.at("/rows/0/record/1").asText()).isIn("800", "801");
        assertThat(json.get("columns"))
                .filteredOn(column -> column.get("column").asText().equals("probability"))
                .singleElement()
                .satisfies(column ->
                        assertThat(column.get("largest_change").asDouble()).isCloseTo(0.25, within(1e-9)));
    }

    @Test
    void batchesThatCantBeComparedAreRefused() throws Exception {
        given(TestBatch.published(folder, "0001"));
        TestBatch committed = given(TestBatch.committed(folder, "0002"));

        batch("diff", "flights-20261124t231425-0001", "latest")
                .expect(2, "batch %s is not published".formatted(committed.id), "batch show");
        batch("diff", "flights-20261124t231425-0001", "flights-20261124t231425-0001", "--tolerance", "-1")
                .expect(2, "--tolerance must be a number of at least 0, not -1.0");
        batch("diff", "latest").expect(2, "LATER");
    }

    @Test
    void outputThatIsGoneIsNamed() throws Exception {
        TestBatch published = given(TestBatch.published(folder, "0001"));
        Folders.deleteTree(published.destination());

        batch("head", "latest").expect(2, "the folder %s does not exist".formatted(published.destination()));
    }
}
