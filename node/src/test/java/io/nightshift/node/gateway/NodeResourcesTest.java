package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.ApiJson;
import io.nightshift.api.NodeList;
import io.nightshift.api.NodeList.NodeDescription;
import io.nightshift.api.NodeList.NodeMemory;
import io.nightshift.api.NodeList.NodeScoring;
import io.nightshift.api.NodeList.NodeScratch;
import io.nightshift.api.NodeList.NodeWork;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.worker.ScoringThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeResourcesTest {

    private static final Instant NOW = Instant.parse("2026-11-27T01:00:00Z");
    private static final BatchId FLIGHTS = new BatchId("flights-20261127t000000-3f9a");
    private static final BatchId CHURN = new BatchId("churn-20261127t000000-77ab");

    @TempDir
    Path folder;

    private static ScoringThreads.Scoring scoring(BatchId batch, int partition, long rows, int seconds) {
        return new ScoringThreads.Scoring(
                new Attempt(batch, partition, new Epoch(1, 1)), rows, Duration.ofSeconds(seconds));
    }

    @Test
    void theAttemptsOfANodeAreCountedByBatch() {
        assertThat(ClusterNodeQueries.scoring(
                        List.of(scoring(CHURN, 0, 5, 1), scoring(FLIGHTS, 3, 100, 4), scoring(FLIGHTS, 4, 20, 9)), NOW))
                .containsExactly(
                        new NodeScoring(FLIGHTS.value(), 2, 120, NOW.minusSeconds(9)),
                        new NodeScoring(CHURN.value(), 1, 5, NOW.minusSeconds(1)));
    }

    @Test
    void theScratchFolderNeedNotExist() throws IOException {
        Path scratch = folder.resolve("not/yet");
        assertThat(NodeResources.measure(scratch).used()).isZero();
        assertThat(NodeResources.measure(scratch).free()).isPositive();

        Files.createDirectories(scratch);
        Files.write(scratch.resolve("spilled"), new byte[3_000]);
        NodeScratch measured = NodeResources.measure(scratch);
        assertThat(measured.used()).isEqualTo(3_000);
        assertThat(measured.total()).isGreaterThanOrEqualTo(measured.free());
        assertThat(measured.folder()).isEqualTo(scratch.toString());
    }

    @Test
    void aFolderThatCannotBeMeasuredIsUnknownAndMeasuredAgain() {
        List<Runnable> background = new ArrayList<>();
        NodeResources resources = new NodeResources(
                () -> {
                    throw new IllegalStateException("DuckDB can't be started");
                },
                background::add);
        assertThat(resources.scratch()).as("nobody waits for a disk").isNull();
        assertThat(background).as("one measurement at a time").hasSize(1);
        background.removeFirst().run();
        assertThat(resources.scratch()).isNull();
        assertThat(background).as("not again before the measurement is old").isEmpty();
    }

    @Test
    void theMemoryOfTheProcessIsKnown() {
        NodeMemory memory = new NodeResources(() -> folder, task -> {}).memory();
        assertThat(memory.heap()).isPositive().isLessThanOrEqualTo(memory.mostHeap());
        assertThat(memory.total()).isPositive();
    }

    @Test
    void twoHundredNodesFitIntoAPage() {
        NodeWork work = new NodeWork(
                64,
                80,
                64,
                0,
                new NodeMemory(300_000_000_000L, 30_000_000_000L, 100_000_000_000L, 400_000_000_000L),
                new NodeScratch("/var/lib/nightshift/spill/7355", 0, 900_000_000_000L, 1_000_000_000_000L),
                List.of(
                        new NodeScoring(FLIGHTS.value(), 60, 6_000_000, NOW),
                        new NodeScoring(CHURN.value(), 4, 4_000, NOW)));
        NodeList nodes = new NodeList(IntStream.range(0, 200)
                .mapToObj(i -> new NodeDescription(
                        "node-%d.nightshift.example.org:7355".formatted(i),
                        "up",
                        List.of("coordinator", "worker"),
                        "0.1.0",
                        work,
                        List.of()))
                .toList());
        assertThat(ApiJson.write(nodes).length()).isLessThan(300_000);
    }
}
