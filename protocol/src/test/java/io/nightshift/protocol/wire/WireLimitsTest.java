package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.NotSerializableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class WireLimitsTest {

    private static final LocalActorSystem SYSTEM = new LocalActorSystem();
    private static final KryoSerializer SERIALIZER = SYSTEM.serializer();
    private static final BatchId BATCH = new BatchId("f".repeat(128));
    private static final Attempt ATTEMPT =
            new Attempt(BATCH, Integer.MAX_VALUE, new Epoch(Integer.MAX_VALUE, Integer.MAX_VALUE));
    private static final ModelVersion MODEL = new ModelVersion("m".repeat(63), Integer.MAX_VALUE, "a1".repeat(32));

    @AfterAll
    static void stop() {
        SYSTEM.close();
    }

    @Test
    void theLargestPlannedLeaseFitsIntoAMessage() throws NotSerializableException {
        Job job = job(1_000, 120);
        assertThat(WireLimits.refusal(job)).isEmpty();
        assertThat(WireCodec.sizeOf(job)).isGreaterThan(WireLimits.JOB - 1_000);
        String longest = "/" + "p".repeat(4_094);
        WorkerMessage.Lease lease =
                new WorkerMessage.Lease(ATTEMPT, job, MODEL, Long.MAX_VALUE, slices(), longest, "n".repeat(22));

        byte[] bytes = SERIALIZER.toBinary(lease);

        assertThat(bytes.length).isBetween(200_000, WireLimits.MESSAGE);
        assertThat(SERIALIZER.fromBinary(bytes, SERIALIZER.manifest(lease))).isEqualTo(lease);
    }

    @Test
    void aSliceNeverTakesMoreThanIsCountedForIt() {
        for (String schema : Arrays.asList(null, "", "{\"é\":\"INTEGER\"}", "x".repeat(70_000))) {
            SourceFile file = new SourceFile(
                    "/é", Long.MIN_VALUE, Instant.MAX, Long.MAX_VALUE, "f".repeat(SourceFile.TAG_DIGITS), schema);
            Slice slice = new Slice(file, Long.MAX_VALUE / 2, Long.MAX_VALUE / 2);

            // Plus one byte for the number of its class in a list.
            assertThat(WireCodec.sizeOf(slice) + 1).isLessThanOrEqualTo(WireLimits.sliceBytes(file));
        }
    }

    @Test
    void aLargeJobIsRefusedInOneSentence() {
        assertThat(WireLimits.refusal(job(10_000, 120)))
                .hasValueSatisfying(sentence -> assertThat(sentence)
                        .startsWith("The job takes 1,2")
                        .contains("at most 131,072 can be sent to a node")
                        .endsWith("."));
    }

    @Test
    void aTooLargeJobFileIsRefusedAndTheLargestFitsAMessage() {
        String largest = "x".repeat(WireLimits.JOB_TEXT);
        assertThat(WireLimits.refusal(largest)).isEmpty();
        assertThat(SERIALIZER.toBinary(new GatewayCommand.Authenticated(
                        "t".repeat(47),
                        new GatewayCommand.Submit(
                                largest,
                                true,
                                "k".repeat(255),
                                SYSTEM.actor("a".repeat(1_000)),
                                Map.of(),
                                true,
                                null))))
                .hasSizeLessThan(WireLimits.MESSAGE);
        assertThat(WireLimits.refusal(largest + "é"))
                .hasValueSatisfying(sentence -> assertThat(sentence)
                        .startsWith("The job file has 229,378 bytes, and a message can carry at most 229,376")
                        .endsWith("."));
    }

    @Test
    void theDistributionsOfAsManyColumnsAsThereMayBeFitIntoAMessage() {
        Random random = new Random(1);
        List<Distribution> distributions = new ArrayList<>();
        for (int column = 0; column < Distribution.MOST_COLUMNS; column++) {
            DistributionCounter counter =
                    DistributionCounter.ofColumn("%03d".formatted(column) + "n".repeat(60), Distribution.MOST_COLUMNS);
            counter.count(random.doubles(10_000, -1e9, 1e9).toArray(), 10_000);
            distributions.add(counter.distribution());
        }
        PartitionCommit commit = PartitionCommitBuilder.builder()
                .partition(1)
                .epoch(ATTEMPT.epoch())
                .node("127.0.0.1:7355")
                .rows(1)
                .read(1)
                .part(new PartitionCommit.OutputFile(1, 1, "a1".repeat(32)))
                .model("b2".repeat(32))
                .statistics(
                        new PartitionStatistics(Collections.nCopies(BatchCheck.MOST, Long.MAX_VALUE), distributions))
                .build();

        assertThat(SERIALIZER.toBinary(new BatchCommand.Commit(commit, List.of(), SYSTEM.actor("a".repeat(1_000)))))
                .hasSizeBetween(80_000, WireLimits.MESSAGE * 3 / 4);
    }

    @Test
    void longTextsForPeopleAreTruncated() {
        String log = "é".repeat(1_000_000);
        PartitionCommit commit = PartitionCommitBuilder.builder()
                .partition(0)
                .epoch(new Epoch(1, 1))
                .node("n")
                .firstRow(0)
                .rows(1)
                .read(1)
                .part(new PartitionCommit.OutputFile(1, 1, ""))
                .model("")
                .build();

        assertThat(SERIALIZER.toBinary(new BatchCommand.AttemptFailed(ATTEMPT, "node", Failure.permanent(log))))
                .hasSizeLessThan(20_000);
        assertThat(SERIALIZER.toBinary(
                        new BatchCommand.Commit(commit, Collections.nCopies(50, log), SYSTEM.actor("worker"))))
                .hasSizeLessThan(25_000);
        assertThat(Failure.permanent(log).message()).hasSize(Failure.LONGEST).endsWith("é…");
        assertThat(Failure.shortened("ab😀", 4)).isEqualTo("ab😀");
        assertThat(Failure.shortened("ab😀c", 4)).isEqualTo("ab…");
    }

    @Test
    void aMessageThatIsTooLargeIsRefusedByItsSender() {
        assertThatThrownBy(
                        () -> SERIALIZER.toBinary(new BatchRegisterCommand.TooManyOpen("x".repeat(WireLimits.MESSAGE))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("cannot write a TooManyOpen in 245760 bytes: Buffer overflow");
        assertThat(SERIALIZER.toBinary(new BatchRegisterCommand.TooManyOpen("x")))
                .hasSizeLessThan(10);
    }

    @Test
    void aMessageThatIsTooLargeIsRefusedByItsReader() {
        String manifest = SERIALIZER.manifest(new BatchRegisterCommand.TooManyOpen(""));
        assertThatThrownBy(() -> SERIALIZER.fromBinary(new byte[WireLimits.MESSAGE + 1], manifest))
                .isInstanceOf(NotSerializableException.class)
                .hasMessage("a TooManyOpen of 245761 bytes exceeds the limit of 245760");
    }

    private static Job job(int files, int length) {
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            paths.add(path(i, length));
        }
        String expression = "x".repeat(Math.max(0, WireLimits.JOB - files * (length + 2) - 1_000));
        return JobBuilder.builder()
                .name("flights")
                .model(new ModelReference.Champion("m"))
                .source(new Job.Source(new ParquetInput(paths), null, false, Map.of("e", expression), null))
                .destination(new ParquetDestination("/out"))
                .partitions(new Job.Partitions(1))
                .errors(new Job.ErrorPolicy(0, null))
                .output(new Job.Output(List.of()))
                .build();
    }

    private static List<Slice> slices() {
        List<Slice> slices = new ArrayList<>();
        int bytes = 0;
        for (int i = 0; ; i++) {
            SourceFile file = new SourceFile(
                    path(i, 100), Long.MAX_VALUE, Instant.MAX, Long.MAX_VALUE, "f".repeat(SourceFile.TAG_DIGITS));
            bytes += WireLimits.sliceBytes(file);
            if (bytes > WireLimits.SLICES) {
                return slices;
            }
            slices.add(new Slice(file, 0, Long.MAX_VALUE));
        }
    }

    private static String path(int number, int length) {
        return "/" + "d".repeat(length - 15) + "%06d".formatted(number) + ".parquet";
    }
}
