package io.nightshift.node.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchTimelineTest {

    private static final BatchId BATCH = new BatchId("flights-1");
    private static final Instant START = Instant.parse("2026-11-27T01:00:00Z");
    /// A million in the nightly run.
    private static final int PARTITIONS = Integer.getInteger("nightshift.timeline.partitions", 200_000);

    private static final String DIGEST = "a1".repeat(32);
    private static final String JOB = """
            job: flights
            model: delays
            source: {parquet: /data/flights.parquet}
            destination: {parquet: /predictions}
            """;

    private final BatchTimeline timeline = new BatchTimeline(BATCH);
    private String head = LedgerEntry.origin(BATCH);

    private void happens(BatchEvent event) {
        LedgerEntry entry = LedgerEntry.after(head, event);
        timeline.apply(entry);
        head = entry.hash();
    }

    private static Instant at(long seconds) {
        return START.plusSeconds(seconds);
    }

    private void planned(int partitions) {
        happens(new BatchEvent.Submitted(
                at(0),
                BATCH,
                JobFile.parse(JOB.getBytes(StandardCharsets.UTF_8), Map.of()),
                new ModelVersion("delays", 1, DIGEST),
                null));
        happens(new BatchEvent.TookOver(at(0), 1, "node-a:1"));
        happens(new BatchEvent.Planned(
                at(10),
                List.of(new SourceFile("/data/flights.parquet", 300, START, 10L * partitions, "")),
                new PartitionPlan(List.of(new PartitionPlan.Run(10, partitions)))));
    }

    private static PartitionCommit commit(int partition, String node, int quarantined) {
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(new Epoch(1, partition + 1))
                .node(node)
                .firstRow(10L * partition)
                .rows(10)
                .read(10)
                .part(new PartitionCommit.OutputFile(10 - quarantined, 100, DIGEST))
                .quarantine(quarantined == 0 ? null : new PartitionCommit.OutputFile(quarantined, 10, DIGEST))
                .model(DIGEST)
                .build();
    }

    private JsonNode rendered() {
        return ApiJson.read(timeline.render(), JsonNode.class);
    }

    @Test
    void phasesPartitionsNodesAndFailuresAreFoldedFromTheLedger() {
        planned(3);
        happens(new BatchEvent.Committed(at(12), List.of(commit(0, "node-a:1", 2))));
        happens(new BatchEvent.AttemptFailed(
                at(13), 1, new Epoch(1, 9), "node-b:1", Failure.transientFailure("the disk is full")));
        happens(new BatchEvent.Paused(at(14), "", "mara"));
        happens(new BatchEvent.Resumed(at(20), "ines"));
        happens(new BatchEvent.Committed(at(21), List.of(commit(2, "node-b:1", 0))));

        JsonNode seen = rendered();
        assertThat(seen.at("/job/job").asText()).isEqualTo("flights");
        assertThat(seen.get("entries").asLong()).isEqualTo(8);
        assertThat(seen.get("head").asText()).isEqualTo(head);
        assertThat(seen.get("phases"))
                .extracting(phase -> phase.get("phase").asText())
                .containsExactly("submitted", "running", "paused", "running");
        assertThat(seen.at("/phases/2/from").asText()).isEqualTo(at(14).toString());
        assertThat(seen.at("/phases/2/to").asText()).isEqualTo(at(20).toString());
        assertThat(seen.at("/phases/3/to").isMissingNode()).isTrue();
        assertThat(seen.at("/phases/1/by").isMissingNode()).isTrue();
        assertThat(seen.at("/phases/2/by").asText()).isEqualTo("mara");
        assertThat(seen.at("/phases/3/by").asText()).isEqualTo("ines");
        assertThat(seen.at("/map/cells").toString()).isEqualTo("[[0,1,1,10,2,0,0],[1,1,0,10,0,1,0],[2,1,1,10,0,0,0]]");
        assertThat(seen.at("/rate/rows").toString()).isEqualTo("[0,0,10,0,0,0,0,0,0,0,0,10]");
        assertThat(seen.at("/lanes/nodes").properties()).hasSize(2);
        assertThat(seen.get("failure_count").asInt()).isEqualTo(1);
        assertThat(seen.get("events"))
                .extracting(event -> "%d %s %s"
                        .formatted(
                                event.get("number").asInt(),
                                event.get("event").asText(),
                                event.get("text").asText()))
                .startsWith(
                        "1 submitted job flights with model delays@1",
                        "2 took over node-a:1 took over the batch, incarnation 1",
                        "3 planned 1 file with 30 rows, cut into 3 partitions")
                .contains("4 committed partition 0: 8 predictions, 2 quarantined, by node-a:1")
                .contains("5 attempt failed partition 1, attempt 1-9 on node-b:1: the disk is full");
        assertThat(seen.at("/events/6/by").asText()).isEqualTo("ines");
        assertThat(seen.at("/failures/0/reason").asText()).isEqualTo("the disk is full");
    }

    @Test
    void manyPartitionsTakeNoMoreThanAPage() {
        int partitions = PARTITIONS;
        List<String> nodes =
                IntStream.range(0, 200).mapToObj("node-%d:7355"::formatted).toList();
        planned(partitions);
        for (int first = 0; first < partitions; first += 50_000) {
            List<PartitionCommit> commits = new ArrayList<>();
            for (int partition = first; partition < first + 50_000; partition++) {
                commits.add(commit(partition, nodes.get(partition % nodes.size()), partition % 1_000 == 0 ? 1 : 0));
            }
            happens(new BatchEvent.Committed(at(60L + first / 100), commits));
        }
        String text = timeline.render();
        assertThat(text.length()).isLessThan(100_000);
        JsonNode cells = rendered().at("/map/cells");
        long committed = 0;
        long quarantined = 0;
        for (JsonNode cell : cells) {
            committed += cell.get(2).asLong();
            quarantined += cell.get(4).asLong();
        }
        assertThat(cells).hasSize(BatchTimeline.MOST_CELLS);
        assertThat(committed).isEqualTo(partitions);
        assertThat(quarantined).isEqualTo(partitions / 1_000);
    }

    @Test
    void aDamagedLedgerIsNotShown() {
        planned(3);
        LedgerEntry foreign = LedgerEntry.after(LedgerEntry.origin(BATCH), new BatchEvent.Paused(at(14), "", null));
        assertThatThrownBy(() -> timeline.apply(foreign))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("entry 4");
    }
}
