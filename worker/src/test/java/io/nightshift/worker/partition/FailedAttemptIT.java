package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.Model;
import io.nightshift.source.SourcePins;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.FixedModel;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBFunctions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Attempts that fail, and attempts that are cancelled. Nothing is left of them.
class FailedAttemptIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private FailureException failure(PartitionAttempt attempt) {
        List<FailureException> caught = new ArrayList<>();
        assertThatThrownBy(attempt::run).isInstanceOfSatisfying(FailureException.class, caught::add);
        assertThat(node.staged()).isEmpty();
        assertThat(caught.getFirst().getMessage()).doesNotContain("\n");
        return caught.getFirst();
    }

    @Nested
    class ChangedInput {

        @Test
        void aFileThatChangedBeforeTheAttemptFailsItForGood() throws IOException {
            Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
            Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file)));
            Files.setLastModifiedTime(file, FileTime.fromMillis(1));
            FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
            assertThat(failure.failure().isPermanent()).isTrue();
            assertThat(failure.getMessage())
                    .startsWith("the input changed while " + TestNode.BATCH + " was running: " + file)
                    .contains("it was last modified at");
        }

        @Test
        void aFileReplacedWithTheSameLengthAndTimeFailsTheAttempt() throws IOException {
            Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
            Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file)));
            FileTime planned = Files.getLastModifiedTime(file);
            Files.move(node.parquet("other.parquet", "SELECT 2 AS f0"), file, StandardCopyOption.REPLACE_EXISTING);
            Files.setLastModifiedTime(file, planned);
            assertThat(Files.size(file))
                    .isEqualTo(lease.slices().getFirst().file().bytes());
            FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
            assertThat(failure.failure().isPermanent()).isTrue();
            assertThat(failure.getMessage())
                    .startsWith("the input changed while " + TestNode.BATCH + " was running: " + file)
                    .endsWith("its content is different, although its length and modification time are the same");
        }

        @Test
        void aFileThatChangesDuringTheAttemptFailsItForGoodUnlessItIsGone() {
            for (boolean gone : new boolean[] {false, true}) {
                Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10000) t(i)");
                Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file)));
                Model meddling = new FixedModel(SumModel.ofNumbers(1).description(), (features, rows, outputs) -> {
                    try {
                        if (gone) {
                            Files.deleteIfExists(file);
                        } else {
                            Files.setLastModifiedTime(file, FileTime.fromMillis(1));
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                FailureException failure = failure(node.attempt(lease, meddling));
                assertThat(failure.failure().isPermanent()).isEqualTo(!gone);
                assertThat(failure.getMessage()).contains(file.toString(), gone ? "it is gone" : "last modified");
            }
        }

        @Test
        void anUnreadablePageFailsTheAttemptForGoodAndNamesTheFile() throws IOException {
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT hash(i) % 1000 AS f0 FROM range(50000) t(i)",
                    ", COMPRESSION snappy, ROW_GROUP_SIZE 10240");
            byte[] content = Files.readAllBytes(file);
            // The header of a page in the middle, and what follows it.
            int middle = Integer.parseInt(
                    node.rows("SELECT data_page_offset FROM parquet_metadata('%s') WHERE row_group_id = 2"
                                    .formatted(file))
                            .getFirst());
            for (int at : new int[] {middle, middle + 1, middle + 3}) {
                byte[] broken = content.clone();
                Arrays.fill(broken, at, at + 40, (byte) 0xff);
                Files.write(file, broken);
                Lease lease = node.lease(
                        TestJobBuilder.over(file).build(), List.of(new Slice(SourcePins.pin(file, 50000), 0, 50000)));
                FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
                assertThat(failure.failure().isPermanent())
                        .as(failure.getMessage())
                        .isTrue();
                assertThat(failure.getMessage())
                        .contains(file.toString(), lease.attempt().toString());
            }
        }
    }

    @Nested
    class ScorersAndDisks {

        @Test
        void aFullDiskFailsTheAttemptForNowAndLeavesNothing() throws IOException, InterruptedException {
            Path mount = Files.createDirectories(node.folder.resolve("tiny"));
            assumeTrue(
                    run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount.toString()) == 0,
                    "a small file system can be mounted by root only");
            try {
                Path file = node.parquet("in.parquet", "SELECT hash(i)::DOUBLE AS f0 FROM range(200000) t(i)");
                Lease lease = node.lease(TestJobBuilder.over(file).output("f0").build(), List.of(node.whole(file)));
                Lease elsewhere =
                        new Lease(lease.attempt(), lease.job(), lease.model(), 0, lease.slices(), mount.toString());
                FailureException failure = failure(node.attempt(elsewhere, SumModel.ofNumbers(1)));
                assertThat(failure.failure().isPermanent()).isFalse();
                assertThat(failure.getMessage())
                        .contains("No space left on device", TestNode.PARQUET.stagedPart(lease.attempt()));
                assertThat(failure.getMessage()).doesNotContain("exception_type");
                try (Stream<Path> left = Files.list(mount)) {
                    assertThat(left).isEmpty();
                }
            } finally {
                assertThat(run("umount", mount.toString())).isZero();
            }
        }

        private static int run(String... command) throws IOException, InterruptedException {
            try {
                return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            } catch (IOException e) {
                return -1;
            }
        }

        @Test
        void aMissingFolderIsATransientFailure() throws IOException {
            Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
            Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file)));
            Files.delete(node.staging);
            assertThatThrownBy(node.attempt(lease, SumModel.ofNumbers(1))::run)
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse());
        }
    }

    @Nested
    class Cancellation {

        @Test
        void cancelEndsAnAttemptWhileItScores() throws Exception {
            Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(30000) t(i)");
            Gate gate = new Gate();
            Model gated = new FixedModel(SumModel.ofNumbers(1).description(), (features, rows, outputs) -> gate.pass());

            assertCancelEnds(node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file))), gated, gate);
        }

        @Test
        void cancelEndsAnAttemptWhileItsConditionFindsNoRow() throws Exception {
            Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(30000) t(i)");
            Gate gate = new Gate();
            try (Connection connection = node.duckDb.connect()) {
                DuckDBFunctions.scalarFunction()
                        .withName("gated")
                        .withParameter(DuckDBColumnType.BIGINT)
                        .withReturnType(DuckDBColumnType.BOOLEAN)
                        .withVectorizedFunction((in, out) -> {
                            gate.pass();
                            for (long row = 0; row < in.rowCount(); row++) {
                                out.setBoolean(row, false);
                            }
                        })
                        .register(connection);
            }
            Job job = TestJobBuilder.over(file).where("gated(f0)").build();

            assertCancelEnds(node.lease(job, List.of(node.whole(file))), SumModel.ofNumbers(1), gate);
        }

        /// Cancels the attempt in its third block of rows.
        private void assertCancelEnds(Lease lease, Model model, Gate gate) throws Exception {
            PartitionAttempt attempt = node.attempt(lease, model);
            CompletableFuture<FailureException> ended = CompletableFuture.supplyAsync(() -> failure(attempt));
            await().atMost(PATIENCE).until(() -> gate.blocks.get() == 3);
            assertThat(ended).isNotDone();

            assertThat(attempt.cancel().join(PATIENCE)).isTrue();
            gate.opened.countDown();

            FailureException failure = ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            // DuckDB notices an interruption between two blocks, and may just have begun the next one.
            assertThat(gate.blocks.get()).as("blocks of rows, of 15").isBetween(3, 4);
            assertThat(failure.failure().isPermanent()).isFalse();
            assertThat(failure).hasMessage(lease.attempt() + " was cancelled");
        }

        /// Lets two blocks of rows pass, and the rest when it is opened.
        private static final class Gate {
            final AtomicInteger blocks = new AtomicInteger();
            final CountDownLatch opened = new CountDownLatch(1);

            void pass() {
                if (blocks.incrementAndGet() > 2) {
                    try {
                        opened.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
        }

        @Test
        void anAttemptCancelledBeforeItBeginsDoesNotBegin() {
            Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
            Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file)));
            PartitionAttempt attempt = node.attempt(lease, SumModel.ofNumbers(1));
            attempt.cancel();
            assertThat(failure(attempt)).hasMessage(lease.attempt() + " was cancelled");
            assertThat(attempt.rows()).isZero();
        }
    }
}
