package io.nightshift.delta.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.delta.kernel.TableManager;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterable;
import io.nightshift.delta.DeltaEngine;
import io.nightshift.delta.DiskFiles;
import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.destination.lake.LakeContract;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract for tables in a folder. A reader takes the files from the JSON of the log, and has DuckDB
/// read them.
class DeltaFolderIT extends LakeContract {

    private static final String SHOWN = "nightshift.batch=%s:1";
    private static final String REMOVED = "nightshift.batch=%s:2";

    private static final String SUPPLEMENTS = "nightshift.batch=%s/supplements:".formatted(ContractBatch.ID);

    private Path table() {
        return folder.resolve("lake/sco res");
    }

    @Override
    protected Path tableFolder() {
        return table();
    }

    @Override
    protected String tableName() {
        return table() + "/";
    }

    @Override
    protected int commits() throws IOException {
        return log().versions().size();
    }

    @Override
    protected void assertShown(List<BatchId> batches) throws IOException {
        assertThat(log().transactions())
                .containsExactlyInAnyOrderElementsOf(
                        batches.stream().map(SHOWN::formatted).toList());
        assertThat(commits()).as("the table, and the batches").isEqualTo(1 + batches.size());
    }

    @Override
    protected void assertSupplementedOnce() throws Exception {
        assertThat(log().transactions()).containsExactly(SHOWN.formatted(ContractBatch.ID), SUPPLEMENTS + 1);
        assertThat(commits()).isEqualTo(3);
        assertThat(seen()).isEqualTo(HEALED);
        assertThat(log().tags().values().stream().map(tags -> tags.getOrDefault("nightshift.supplement", "")))
                .containsExactly("", "", "", "1");
        assertThat(log().statistics().values())
                .last()
                .satisfies(statistics -> assertThat(
                                statistics.get("minValues").get("record_id").asText())
                        .isEqualTo("r13"));
    }

    /// OPTIMIZE of a partition.
    @Override
    protected void rewriteAFile() throws IOException {
        String add = Files.readString(version(1))
                .lines()
                .filter(line -> line.contains("part-000001"))
                .findFirst()
                .orElseThrow();
        write(2, note("OPTIMIZE"), add.replace("part-000001", "rewritten"));
    }

    @Override
    protected void removeFromTable(String file) throws IOException {
        String path = log().files().keySet().stream()
                .filter(name -> name.endsWith(file))
                .findFirst()
                .orElseThrow();
        write(
                2,
                note("DELETE"),
                "{\"remove\":{\"path\":\"%s\",\"deletionTimestamp\":1,\"dataChange\":true}}".formatted(path));
    }

    @Override
    protected Map<String, String> columns() throws IOException {
        return log().columns();
    }

    @Override
    protected Destination destination() {
        return new DeltaDestination(table() + "/");
    }

    /// Parquet files of Spark have no spaces in the names of columns.
    @Override
    protected String columnName() {
        return "Best_Class";
    }

    private DeltaLog log() throws IOException {
        return DeltaLog.of(table());
    }

    @Override
    protected Seen seen() throws Exception {
        List<String> files = log().files().keySet().stream()
                .map(path -> table().resolve(path).toString())
                .toList();
        if (files.isEmpty()) {
            return NOTHING;
        }
        return seenIn("read_parquet(%s, union_by_name = true, hive_partitioning = false)".formatted(Sql.files(files)));
    }

    @Override
    protected List<Obstacle> absences() {
        return unmounted(table());
    }

    @Override
    protected Optional<Step> moveAway() {
        return Optional.of(() -> Files.move(table(), table().resolveSibling("elsewhere")));
    }

    private Path version(int version) {
        return table().resolve("_delta_log/%020d.json".formatted(version));
    }

    /// The action in the first version that describes the table.
    private String metadata() throws IOException {
        return Files.readString(version(0))
                .lines()
                .filter(line -> line.contains("\"metaData\""))
                .findFirst()
                .orElseThrow();
    }

    /// A version of another program.
    private void write(int version, String... actions) throws IOException {
        Files.createDirectories(version(version).getParent());
        Files.writeString(version(version), String.join("\n", actions) + "\n", StandardOpenOption.CREATE_NEW);
    }

    private static String note(String what) {
        return "{\"commitInfo\":{\"timestamp\":1,\"operation\":\"%s\",\"operationParameters\":{}}}".formatted(what);
    }

    /// OPTIMIZE by another program: one file in place of the batch's.
    private void compact() throws Exception {
        Path compacted = table().resolve("compacted.parquet");
        batch.data()
                .execute("COPY (FROM read_parquet(%s, hive_partitioning = false)) TO %s (FORMAT parquet)"
                        .formatted(
                                Sql.text(folders().published() + "/part-*.parquet"), Sql.text(compacted.toString())));
        String values = "\"partitionValues\":{\"batch_id\":\"%s\"}".formatted(ContractBatch.ID);
        List<String> actions = new ArrayList<>(List.of(
                note("OPTIMIZE"),
                "{\"add\":{\"path\":\"compacted.parquet\",%s,\"size\":%d,\"modificationTime\":1,\"dataChange\":false}}"
                        .formatted(values, Files.size(compacted))));
        for (int partition = 0; partition < ContractBatch.PARTITIONS; partition++) {
            actions.add(
                    "{\"remove\":{\"path\":\"%s\",%s,\"deletionTimestamp\":1,\"dataChange\":false,\"extendedFileMetadata\":true,\"size\":%d}}"
                            .formatted(table().relativize(part(partition)), values, Files.size(part(partition))));
        }
        write(log().versions().size(), actions.toArray(String[]::new));
    }

    @Nested
    class Compacted {

        private CommittedBatch published;

        @BeforeEach
        void theTableIsCompacted() throws Exception {
            published = committed();
            store().publish(published);
            compact();
            assertThat(seen()).isEqualTo(ALL);
        }

        private List<PartitionCommit> reuse() {
            List<PartitionCommit> reused =
                    published.commits().stream().map(commit -> commit.reused(1)).toList();
            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
            store().reusableParts().reuse(ContractBatch.ID, ContractBatch.NEXT, reused);
            return reused;
        }

        @Test
        void batchesAreReusedAndRemoved() throws Exception {
            store().publish(batch.reusing(1, reuse()));
            assertThat(seen().predictions()).isEqualTo(2 * ALL.predictions());

            store().removal().unpublish(ContractBatch.ID);

            assertThat(log().files())
                    .hasSize(ContractBatch.PARTITIONS)
                    .allSatisfy((path, values) -> assertThat(path).contains("/batch=" + ContractBatch.NEXT + "/"));
        }

        /// VACUUM deletes the files that the table has no longer.
        @Test
        void batchesAreNotReusedOnceTheirFilesAreDeleted() throws Exception {
            Files.delete(part(1));

            assertThatThrownBy(this::reuse)
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue())
                    .hasMessageContaining(part(1) + " is gone, so it can't be reused");
        }

        @Test
        void batchesTakeNoSupplement() throws Exception {
            CommittedBatch supplement = batch.supplement(store(), published, 2, "nightshift_row = 17");

            assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                    .hasMessageContaining("another program has rewritten its files");
            assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                    .isEmpty();
            assertThat(seen()).isEqualTo(ALL);
        }
    }

    @Nested
    class Versions {

        @Test
        void nameTheFilesOfTheBatch() throws Exception {
            publish();

            assertThat(log().files()).hasSize(ContractBatch.PARTITIONS).allSatisfy((path, values) -> {
                assertThat(path).startsWith("nightshift/batch=" + ContractBatch.ID + "/part-");
                assertThat(values).containsExactly(Map.entry("batch_id", ContractBatch.ID.value()));
            });
        }

        /// The log forgets the history of the table, but not the actions that have added its files.
        @Test
        void sayWhereTheRowsOfEachFileComeFrom() throws Exception {
            CommittedBatch committed = committed();
            String manifest = store().publish(committed).manifestSha256();

            SourceFile input = committed.input().getFirst();
            String digest = Digests.sha256("%s\t%d\t%d\t%s\t\n"
                    .formatted(input.path(), input.bytes(), input.rows(), input.tag())
                    .getBytes(StandardCharsets.UTF_8));
            Map<String, String> expected = Map.of(
                    "nightshift.batch",
                    ContractBatch.ID.value(),
                    "nightshift.manifest-sha256",
                    manifest,
                    "nightshift.model",
                    committed.model().toString(),
                    "nightshift.model-sha256",
                    committed.model().sha256(),
                    "nightshift.ledger-head",
                    committed.head(),
                    "nightshift.input-digest",
                    digest);
            assertThat(log().tags().values())
                    .hasSize(ContractBatch.PARTITIONS)
                    .allSatisfy(tags -> assertThat(tags).isEqualTo(expected));
            assertThat(log().parameters().getLast()).isEqualTo(expected);
        }

        /// The values come from the data of each file, and the statistics from the log.
        @Test
        void sayWhatTheFilesHave() throws Exception {
            publish();

            assertThat(log().statistics()).hasSize(ContractBatch.PARTITIONS);
            for (Map.Entry<String, JsonNode> file : log().statistics().entrySet()) {
                JsonNode statistics = file.getValue();
                String rows = "read_parquet(%s, hive_partitioning = false)"
                        .formatted(Sql.text(table().resolve(file.getKey()).toString()));
                assertThat(number("SELECT count(*) FROM " + rows))
                        .isEqualTo(statistics.get("numRecords").asLong());
                for (String column : List.of("record_id", "prediction", "note", "model_version")) {
                    assertThat(statistics.get("nullCount").get(column).asText()
                                    + "|"
                                    + statistics.get("minValues").get(column).asText()
                                    + "|"
                                    + statistics.get("maxValues").get(column).asText())
                            .isEqualTo(batch.data()
                                    .rows("SELECT count(*) FILTER (%1$s IS NULL), min(%1$s), max(%1$s) FROM %2$s"
                                            .formatted(column, rows))
                                    .getFirst());
                }
                assertThat(statistics.get("minValues").has("batch_id")).isFalse();
            }
        }

        @Test
        void haveStatisticsOfAsManyColumnsAsTheTableWants() throws Exception {
            prepare();
            String metadata = metadata();
            write(
                    1,
                    note("SET TBLPROPERTIES"),
                    metadata.replace(
                            "\"configuration\":{", "\"configuration\":{\"delta.dataSkippingNumIndexedCols\":\"1\""));

            publish();

            assertThat(log().statistics().values())
                    .hasSize(ContractBatch.PARTITIONS)
                    .allSatisfy(statistics -> {
                        assertThat(statistics.get("numRecords").asLong()).isPositive();
                        assertThat(statistics.get("minValues").properties())
                                .extracting(Map.Entry::getKey)
                                .containsExactly("record_id");
                    });
        }

        /// The table forgets transaction identifiers if delta.setTransactionRetentionDuration is set.
        @Test
        void whoseIdentifiersAreForgottenLeaveABatchPublished() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);
            forget(1);

            assertThat(store().publish(committed)).isEqualTo(publication);

            assertThat(log().versions()).hasSize(2);
        }

        @Test
        void ofARemovedBatchSayItForever() throws Exception {
            CommittedBatch committed = committed();
            store().publish(other(EARLIER, 1));
            store().publish(committed);
            assertThat(seen().predictions()).isEqualTo(56);

            store().removal().unpublish(ContractBatch.ID);
            store().removal().unpublish(ContractBatch.ID);

            assertThat(log().transactions())
                    .containsExactly(
                            SHOWN.formatted(EARLIER),
                            SHOWN.formatted(ContractBatch.ID),
                            REMOVED.formatted(ContractBatch.ID));
            assertThat(store().newest("flights")).contains(EARLIER);
            assertThat(part(1)).exists();
            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining(" was removed from the Delta table ");
            store().removal().delete(ContractBatch.ID);
            assertThat(part(1)).doesNotExist();
            assertThat(log().versions()).hasSize(4);
        }
    }

    /// A commit that was decided on a version, after which another program has committed.
    @Nested
    class ACommitThatComesTooLate {

        private final DeltaEngine engine =
                new DeltaEngine(new DiskFiles(FileRoots.UNRESTRICTED), () -> batch.data().duckDb);

        private TableState state() {
            return new TableState(table().toString(), engine, (SnapshotImpl)
                    TableManager.loadSnapshot(table().toString()).build(engine));
        }

        private void commit(TableState.Commit late) {
            late.transaction()
                    .commit(
                            engine,
                            CloseableIterable.inMemoryIterable(
                                    Utils.toCloseableIterator(late.actions().iterator())));
        }

        private TableState.Commit late() {
            Path file = batch.data().parquet("late/part-000000.parquet", "SELECT 'r0' AS record_id");
            PublishedParts parts = new PublishedParts(
                    String.valueOf(file.getParent()),
                    ContractBatch.ID,
                    List.of(new PublishedParts.Part("part-000000.parquet", 1, 1000)));
            return state().showing(
                            ContractBatch.ID,
                            new PartStatistics(parts, () -> batch.data().duckDb, ObjectCopies.none()),
                            new Provenance(new TreeMap<>()));
        }

        @Test
        void failsAndIsDecidedAgain() throws Exception {
            CommittedBatch committed = committed();
            TableState.Commit late = late();
            write(1, note("OPTIMIZE"));

            assertThatThrownBy(() -> commit(late)).isInstanceOf(RuntimeException.class);
            assertThat(seen()).isEqualTo(NOTHING);
            assertPublished(committed, store().publish(committed));

            assertThat(log().transactions()).containsExactly(SHOWN.formatted(ContractBatch.ID));
        }

        @Test
        void failsIfAnotherCoordinatorHasShownTheBatch() throws Exception {
            CommittedBatch committed = committed();
            TableState.Commit late = late();
            Publication publication = store().publish(committed);

            assertThatThrownBy(() -> commit(late)).isInstanceOf(RuntimeException.class);

            assertPublished(committed, publication);
            assertThat(log().transactions()).containsExactly(SHOWN.formatted(ContractBatch.ID));
        }
    }

    @Nested
    class VersionsOfSupplements {

        /// A process that is killed between the files and the commit.
        @Test
        void areMissedByAVerificationAfterACrash() throws Exception {
            CommittedBatch supplement = supplement(2);
            Publication decided = publishFilesOnly(supplement);
            assertThat(seen().predictions()).isEqualTo(28);
            List<Finding> findings = new ArrayList<>();
            Publication publication = new Publication(destination().toString(), decided.manifestSha256());
            try (OutputProof proof = store().verify(supplement, Phase.PUBLISHED, publication)) {
                proof.checkPlace(new Check("table", findings::add));
            }
            assertThat(findings)
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.detail())
                            .contains(" lacks the file ")
                            .endsWith("part-000003.parquet"));

            assertThat(store().supplements().publishSupplement(batch.by(3, supplement)))
                    .isEqualTo(publication);

            assertSupplementedOnce();
        }

        /// The table forgets transaction identifiers if delta.setTransactionRetentionDuration is set.
        @Test
        void whoseIdentifiersAreForgottenLeaveTheSupplementThere() throws Exception {
            CommittedBatch supplement = supplement(2);
            Publication publication = store().supplements().publishSupplement(supplement);
            forget(1);
            forget(2);

            assertThat(store().supplements().publishSupplement(supplement)).isEqualTo(publication);

            assertThat(log().versions()).hasSize(3);
            assertThat(seen()).isEqualTo(HEALED);
        }

        @Test
        void ofATableThatWasDroppedAreWithdrawn() throws Exception {
            CommittedBatch supplement = supplement(2);
            Folders.deleteTree(table().resolve("_delta_log"));

            assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());

            assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                    .isEmpty();
            assertThat(part(3)).doesNotExist();
            assertThat(folders().staged()).doesNotExist();
        }

        @Test
        void ofARemovedBatchAreRefused() throws Exception {
            CommittedBatch supplement = supplement(2);
            store().removal().unpublish(ContractBatch.ID);

            assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                    .hasMessageContaining("is gone from the Delta table");
            assertThatThrownBy(() -> batch.prepareSupplement(store(), supplement, 3))
                    .hasMessageContaining("is gone from the Delta table");
            assertThat(seen().predictions()).isZero();
        }

        /// Programs delete the versions before a checkpoint after some time.
        @Test
        void areKnownFromACheckpoint() throws Exception {
            CommittedBatch supplement = supplement(2);
            Publication publication = store().supplements().publishSupplement(supplement);
            for (int i = 0; i < 8; i++) {
                store().publish(other(new BatchId("flights-202610%02dt231425-11aa".formatted(i + 10)), 1));
            }
            for (int version = 0; version < 10; version++) {
                Files.delete(version(version));
            }

            assertThat(store().supplements().publishSupplement(supplement)).isEqualTo(publication);

            assertThat(version(11)).doesNotExist();
        }
    }

    /// Takes the transaction identifier out of a version.
    private void forget(int version) throws IOException {
        Files.writeString(
                version(version),
                Files.readString(version(version))
                        .lines()
                        .filter(line -> !line.contains("\"txn\""))
                        .reduce("", (all, line) -> all + line + "\n"));
    }

    /// The log is damaged after the first attempt, which no other one notices.
    @Test
    void theAttemptsOfABatchOnANodeReadTheLogOnce() throws Exception {
        prepare();
        Destinations node = new Destinations(() -> batch.data().duckDb, dataSources());
        batch.write(node.of(batch.job()), 0, new Epoch(1, 1));
        Path version = table().resolve("_delta_log/00000000000000000000.json");
        Files.writeString(version, "{ half");

        batch.write(node.of(batch.job()), 1, new Epoch(1, 2));

        assertThatThrownBy(() -> batch.write(store(), 2, new Epoch(1, 3))).isInstanceOf(FailureException.class);
    }

    @Nested
    class Checkpoints {

        private void publishEarlier(int batches) throws Exception {
            for (int i = 0; i < batches; i++) {
                store().publish(other(new BatchId("flights-202610%02dt231425-11aa".formatted(i + 10)), 1));
            }
        }

        private Path checkpoint(int version) {
            return table().resolve("_delta_log/%020d.checkpoint.parquet".formatted(version));
        }

        @Test
        void areWrittenAtEveryTenthVersionWithFilesAndTransactions() throws Exception {
            publishEarlier(9);
            assertThat(checkpoint(10)).doesNotExist();
            publish();

            String actions =
                    "read_parquet(%s)".formatted(Sql.text(checkpoint(10).toString()));
            assertThat(batch.data()
                            .rows("SELECT count(add.path), count(txn.appId), count(protocol), count(metaData) FROM "
                                    + actions))
                    .containsExactly("30|10|1|1");
            assertThat(batch.data()
                            .rows(
                                    "SELECT DISTINCT add.partitionValues['batch_id'] || add.tags['nightshift.batch'] FROM "
                                            + actions + " WHERE add.path LIKE '%" + ContractBatch.ID + "%'"))
                    .containsExactly(ContractBatch.ID.value() + ContractBatch.ID.value());
            assertThat(table().resolve("_delta_log/_last_checkpoint")).content().contains("\"version\":10");
            Map<String, JsonNode> statistics = log().statistics();
            assertThat(batch.data().rows("SELECT add.stats FROM " + actions + " WHERE add.path IS NOT NULL"))
                    .as("with their statistics")
                    .containsExactlyInAnyOrderElementsOf(
                            statistics.values().stream().map(JsonNode::toString).toList());
        }

        /// Programs delete the versions before a checkpoint after some time.
        @Test
        void areEnoughWithoutTheVersionsBefore() throws Exception {
            publishEarlier(10);
            for (int version = 0; version < 10; version++) {
                Files.delete(version(version));
            }
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            assertThat(store().publish(committed)).isEqualTo(publication);
            assertThat(version(11)).exists();
            assertThat(version(12)).doesNotExist();
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
            BatchId old = new BatchId("flights-20261010t231425-11aa");
            store().removal().delete(old);
            assertThat(Files.readString(version(12)))
                    .contains("\"remove\"", REMOVED.formatted(old).replace(":2", ""));
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
        }

        @Test
        void thatCantBeWrittenDontFailThePublication() throws Exception {
            publishEarlier(9);
            Files.createDirectory(checkpoint(10));
            CommittedBatch committed = committed();

            store().publish(committed);

            assertThat(log().transactions()).hasSize(10).endsWith(SHOWN.formatted(ContractBatch.ID));
        }

        @Test
        void areFoundIfTheirPointerIsDamaged() throws Exception {
            publishEarlier(10);
            Files.writeString(table().resolve("_delta_log/_last_checkpoint"), "{ half");
            CommittedBatch committed = committed();

            store().publish(committed);

            assertThat(log().transactions()).hasSize(11).endsWith(SHOWN.formatted(ContractBatch.ID));
        }
    }

    @Nested
    class ALog {

        @Test
        void thatIsDamagedIsReportedAndNothingIsShown() throws Exception {
            CommittedBatch committed = committed();
            String whole = Files.readString(version(0));
            Files.writeString(version(0), whole.substring(0, whole.length() / 2));

            assertThatThrownBy(() -> store().publish(committed)).isInstanceOfSatisfying(FailureException.class, e -> {
                assertThat(e.failure().isPermanent()).isTrue();
                assertThat(e).hasMessageContaining("00000000000000000000.json of the Delta table's log is damaged");
            });
            Files.writeString(version(0), whole);
            assertThat(seen()).isEqualTo(NOTHING);

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void thatLacksAVersionIsReported() throws Exception {
            CommittedBatch committed = committed();
            write(2, note("WRITE"));

            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("its log is damaged");
        }

        /// What a crash leaves before the first link, and before a later one.
        @Test
        void thatACrashHasLeftHalfMadeIsFinished() throws Exception {
            Files.createDirectories(version(0).getParent());
            Path left = version(0).resolveSibling(".nightshift-0.tmp");
            Files.writeString(left, "{ half");
            assertThat(store().check(batch.job(), ContractBatch.MODEL)).isEmpty();

            publish();

            assertThat(seen()).isEqualTo(ALL);
        }

        @Test
        void thatIsGoneIsReported() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);
            Files.delete(version(0));
            Files.delete(version(1));

            List<Finding> findings = new ArrayList<>();
            try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
                proof.checkPlace(new Check("table", findings::add));
            }
            assertThat(findings)
                    .extracting(Finding::detail)
                    .containsExactly("there is no Delta table " + table() + "/");
        }
    }

    @Nested
    class ATableOfAnotherWriter {

        private void make(String protocol, String partitions, String configuration) throws IOException {
            write(
                    0,
                    note("CREATE TABLE"),
                    "{\"protocol\":{%s}}".formatted(protocol),
                    "{\"metaData\":{\"id\":\"1\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":\"{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[%s]}\",\"partitionColumns\":[%s],\"configuration\":{%s},\"createdTime\":1}}"
                            .formatted(
                                    "{\\\"name\\\":\\\"batch_id\\\",\\\"type\\\":\\\"string\\\",\\\"nullable\\\":true,\\\"metadata\\\":{}}",
                                    partitions,
                                    configuration));
        }

        private List<String> check() {
            return store().check(batch.job(), ContractBatch.MODEL);
        }

        @Test
        void thatIsPartitionedByTheBatchIsWritten() throws Exception {
            make("\"minReaderVersion\":1,\"minWriterVersion\":2", "\"batch_id\"", "");

            publish();

            assertThat(seen()).isEqualTo(ALL);
            assertThat(log().columns()).containsKeys("record_id", "prediction", "note", "batch_id");
        }

        @Test
        void thatIsPartitionedInAnotherWayIsRefused() throws Exception {
            make("\"minReaderVersion\":1,\"minWriterVersion\":2", "", "");

            assertThat(check())
                    .containsExactly(
                            "the table %s/ is partitioned by nothing; Nightshift writes tables that are partitioned by the column batch_id alone. Name another table"
                                    .formatted(table()));
            assertThatThrownBy(() -> prepare()).isInstanceOf(FailureException.class);
            assertThat(left()).contains(false);
        }

        @Test
        void withFeaturesThatNightshiftDoesNotKnowIsRefusedByTheirNames() throws Exception {
            make(
                    "\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[\"deletionVectors\"],\"writerFeatures\":[\"deletionVectors\",\"rowTracking\",\"domainMetadata\",\"appendOnly\"]",
                    "\"batch_id\"",
                    "");

            assertThat(check())
                    .singleElement()
                    .asString()
                    .contains(
                            "has the table features deletionVectors, domainMetadata, rowTracking, which Nightshift does not support");
        }

        @Test
        void withFeaturesThatTheKernelDoesNotKnowIsRefusedByTheirNames() throws Exception {
            make(
                    "\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[\"timeTravel\"],\"writerFeatures\":[\"timeTravel\"]",
                    "\"batch_id\"",
                    "");

            assertThat(check())
                    .singleElement()
                    .asString()
                    .contains("timeTravel")
                    .endsWith("Name another table");
        }

        @Test
        void ofAnOldProtocolIsRefusedByTheFeaturesThatItImplies() throws Exception {
            make("\"minReaderVersion\":2,\"minWriterVersion\":5", "\"batch_id\"", "");

            assertThat(check())
                    .singleElement()
                    .asString()
                    .contains("checkConstraints, columnMapping, generatedColumns");
        }

        @Test
        void thatTakesNoRemovalsIsRefused() throws Exception {
            make("\"minReaderVersion\":1,\"minWriterVersion\":2", "\"batch_id\"", "\"delta.appendOnly\":\"true\"");

            assertThat(check()).singleElement().asString().contains("has the property delta.appendOnly");
        }
    }

    @Nested
    class Columns {

        private List<String> check(String select) {
            Job job = jobWithNote(select);
            return store(job).check(job, ContractBatch.MODEL);
        }

        @Test
        void thatAreWiderTakeTheValues() throws Exception {
            make(jobWithNote("1::BIGINT AS note"));
            assertThat(check("1::SMALLINT AS note")).isEmpty();
            make(jobWithNote("1::SMALLINT AS note"));

            assertThat(log().columns()).containsEntry("note", "long");
        }

        @Test
        void thatAreNarrowerOrOfAnotherTypeAreRefused() {
            make(jobWithNote("1::INTEGER AS note"));

            assertThat(check("1::BIGINT AS note"))
                    .containsExactly(
                            "the column note of %s/ is integer, but the job's is long, and a Delta table can't change it; rename or cast it under source.select, or name another table"
                                    .formatted(table()));
            assertThat(store().check(batch.job(), ContractBatch.MODEL))
                    .singleElement()
                    .asString()
                    .contains("is integer, but the job's is string");
            assertThatThrownBy(() -> prepare())
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());
        }

        @Test
        void thatWereReplacedWhileTheBatchWasWrittenAreRefused() throws Exception {
            CommittedBatch committed = committed();
            String metadata = metadata();
            write(
                    1,
                    note("CREATE OR REPLACE TABLE"),
                    metadata.replace(
                            "\\\"name\\\":\\\"note\\\",\\\"type\\\":\\\"string\\\"",
                            "\\\"name\\\":\\\"note\\\",\\\"type\\\":\\\"integer\\\""));

            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("is integer, but the job's is string");
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void withoutATypeInDeltaAreRefused() {
            assertThat(check("[1] AS note"))
                    .containsExactly(
                            "the column note is a INTEGER[], for which Delta tables have no type; cast it, for example to VARCHAR");
        }

        @Test
        void withLocalTimesNeedAFeatureOfTheTable() throws Exception {
            make(jobWithNote("TIMESTAMP '2026-11-28 12:00:00' AS note"));
            assertThat(log().columns()).containsEntry("note", "timestamp_ntz");
        }

        @Test
        void withLocalTimesAreNotAddedToATableWithoutTheFeature() {
            makeWithoutNote();

            assertThat(check("TIMESTAMP '2026-11-28 12:00:00' AS note"))
                    .singleElement()
                    .asString()
                    .contains("needs the table feature timestampNtz");
        }

        @Test
        void whoseNamesDifferOnlyInTheirCaseAreRefused() {
            Path input = batch.data().parquet("other/in.parquet", "SELECT 'r' AS id, 1.5 AS f0, 'x' AS \"NOTE\"");
            make(TestJobBuilder.over(input)
                    .id("id")
                    .output("NOTE")
                    .into(destination())
                    .build());

            assertThat(store().check(batch.job(), ContractBatch.MODEL))
                    .containsExactly(
                            "the table %s/ has the column NOTE, and the job writes note; rename it with output.rename"
                                    .formatted(table()));
        }

        @Test
        void whoseNamesParquetDoesNotTakeAreRefused() {
            Path input = batch.data().parquet("other/in.parquet", "SELECT 'r' AS id, 1.5 AS f0, 'x' AS \"a note\"");
            Job job = TestJobBuilder.over(input)
                    .id("id")
                    .output("a note")
                    .into(destination())
                    .build();

            assertThat(store(job).check(job, ContractBatch.MODEL))
                    .singleElement()
                    .asString()
                    .startsWith("the column a note: the columns of Delta tables have none of the characters");
        }
    }
}
