package io.nightshift.destination.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.Finding;
import io.nightshift.destination.LeaveOut;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.source.files.TestCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A store has no renames, and readers list while a batch is published. [ParquetObjectsIT] runs the contract.
@LeaveOut(testsOf = ParquetObjectsIT.class)
class ObjectPublicationIT extends ParquetObjectsIT {

    /// The distance of the requests after which a coordinator ends.
    private static final int EVERY = Boolean.getBoolean("nightshift.objects.all-requests") ? 1 : 7;

    @Nested
    class ReadersThatList {

        @Test
        void seeNothingUntilTheManifestIsThere() throws Exception {
            CommittedBatch committed = committed();
            assertThat(visible()).isEmpty();
            refuse(0, (method, path) -> method.equals("PUT") && path.endsWith(BatchFolders.MANIFEST));
            assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
            assertThat(visible()).isEmpty();
            assertThat(store().newest("flights")).isEmpty();
            lake.proxy.heal();

            Publication publication = store().publish(committed);

            assertThat(visible()).hasSize(ContractBatch.PARTITIONS).allMatch(name -> name.contains("/part-"));
            assertPublished(committed, publication);
        }

        /// Whatever a list shows of a batch, the manifest is in it, and with `_SUCCESS` everything is.
        @Test
        void seeTheManifestWithTheFirstPartAndAllPartsWithSuccess() throws Exception {
            CommittedBatch committed = committed();
            AtomicBoolean stop = new AtomicBoolean();
            ConcurrentLinkedQueue<List<String>> lists = new ConcurrentLinkedQueue<>();
            Thread lister = Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    lists.add(listed().stream()
                            .filter(name -> name.startsWith("batch="))
                            .map(name -> name.substring(name.indexOf('/') + 1))
                            .toList());
                }
            });
            try {
                store().publish(committed);
            } finally {
                stop.set(true);
                lister.join();
            }
            assertThat(lists).allSatisfy(names -> {
                if (!names.isEmpty()) {
                    assertThat(names).contains(BatchFolders.MANIFEST);
                }
                if (names.contains(BatchFolders.SUCCESS)) {
                    assertThat(names).hasSize(ContractBatch.PARTITIONS + 6);
                }
            });
        }

        @Test
        void findTheNewestBatchByItsPointer() throws Exception {
            publish();

            assertThat(new String(
                            content(keys().prefix().with("churn/daily/_latest-flights.json")), StandardCharsets.UTF_8))
                    .contains(
                            "\"batch\" : \"%s\"".formatted(ContractBatch.ID),
                            "\"manifest\" : \"%s\"".formatted(keys().published(BatchFolders.MANIFEST)),
                            "\"parts\" : \"%s/part-*%s\"".formatted(keys().published(), extension()));
        }
    }

    @Test
    void thePointerLeavesARemovedBatchForAnEarlierOneOfItsJob() throws Exception {
        publish();
        for (String other : List.of(
                "flights-20261123t231425-0000", "flights-20261122t231425-0000", "flights-2-20261124t000000-0000")) {
            lake.server.put(lake.bucket, "churn/daily/batch=%s/_SUCCESS".formatted(other), new byte[0]);
        }

        store().removal().unpublish(ContractBatch.ID);

        assertThat(store().newest("flights")).contains(new BatchId("flights-20261123t231425-0000"));
    }

    @Test
    void aRemovedBatchIsNotShownAgainByACoordinatorThatWakesUpLate() throws Exception {
        CommittedBatch committed = committed();
        refuse(0, (method, path) -> method.equals("PUT") && path.endsWith(BatchFolders.SUCCESS));
        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
        lake.proxy.heal();
        store().publish(committed);
        store().removal().unpublish(ContractBatch.ID);

        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
        assertThat(store().fence(ContractBatch.ID, 9)).isEmpty();
        assertThat(seen()).isEqualTo(NOTHING);
    }

    @Test
    void aDividedPartIsSeveralObjects() throws Exception {
        batch.close();
        batch = new ContractBatch(
                folder.resolve("divided"),
                new ParquetDestination(
                        prefix(),
                        new LoadTables("scores.delays", "scores.delays"),
                        ParquetDestination.Codec.UNCOMPRESSED,
                        null,
                        2_048,
                        List.of(),
                        List.of(),
                        60_000L),
                10_000);
        prepare();
        PartitionCommit lost = batch.write(store(), 0, new Epoch(1, 9));
        assertThat(lost.part().files()).hasSizeGreaterThan(1);
        store().remove(batch.lease(store(), 0, new Epoch(1, 9)));
        assertThat(listed()).noneMatch(name -> name.contains("part-"));
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < ContractBatch.PARTITIONS; partition++) {
            commits.add(batch.write(store(), partition, new Epoch(1, partition + 1)));
        }
        CommittedBatch committed = batch.committed(1, commits, Set.of());

        Publication publication = store().publish(committed);

        int files = commits.stream()
                .mapToInt(commit -> commit.part().files().size())
                .sum();
        assertThat(visible()).hasSize(files).contains("batch=%s/part-000001-0001.parquet".formatted(ContractBatch.ID));
        assertThat(new String(content(keys().published("_load-redshift.manifest")), StandardCharsets.UTF_8))
                .contains("part-000001-0001.parquet");
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
            proof.checkStaging(new Check("staging", findings::add));
        }
        assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
    }

    /// docs/how-to/object-destination.md tells how many.
    @Test
    void aPublicationTakesFewRequests() throws Exception {
        CommittedBatch committed = committed();
        int before = lake.proxy.requests();

        store().publish(committed);

        int objects = ContractBatch.PARTITIONS + 1;
        int loads = 3;
        assertThat(lake.proxy.requests() - before).isEqualTo(22 + 2 * objects + loads);
    }

    @Nested
    class APublicationThatWasDecided {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "_manifest.json",
                    "part-000002",
                    "_quarantine-000001",
                    "_load-redshift.sql",
                    "_SUCCESS",
                    "_latest-"
                })
        void isCarriedOutByWhoeverComesNext(String step) throws Exception {
            CommittedBatch committed = committed();
            refuse(
                    0,
                    (method, path) -> method.equals("PUT")
                            && path.contains("/churn/daily/")
                            && !path.contains("_staging")
                            && path.contains(step));
            assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
            lake.proxy.heal();

            Publication publication = store().fence(ContractBatch.ID, 2).orElseThrow();

            assertPublished(committed, publication);
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
            assertThat(store().publish(committed)).isEqualTo(publication);
        }

        @Test
        void isNotDiscarded() throws Exception {
            CommittedBatch committed = committed();
            refuse(0, (method, path) -> method.equals("PUT") && path.endsWith(BatchFolders.MANIFEST));
            assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
            lake.proxy.heal();

            store().discard(ContractBatch.ID);

            assertPublished(committed, store().publish(committed));
        }
    }

    @Nested
    class ACoordinator {

        /// The process ends after its nth request has taken effect, and another one finishes. The long form does so
        /// for every n, the short form for every seventh, from a random one of the first seven.
        @Test
        void mayEndAfterAnyRequest() throws Exception {
            CommittedBatch first = committed();
            int before = lake.proxy.requests();
            store().publish(first);
            int requests = lake.proxy.requests() - before;
            for (int n = ThreadLocalRandom.current().nextInt(EVERY); n < requests; n += EVERY) {
                removeAll();
                CommittedBatch committed = committed();
                Collections.nCopies(n, PASS).forEach(lake.proxy::next);
                lake.proxy.next(new Fault.LoseAnswer());
                Collections.nCopies(1000, REFUSAL).forEach(lake.proxy::next);
                try {
                    store().publish(committed);
                } catch (FailureException _) {
                    // Another coordinator finishes.
                }
                lake.proxy.heal();
                assertThat(seen()).as("after request %d", n).isIn(NOTHING, ALL);

                CommittedBatch later = batch.committed(2, committed.commits(), Set.of());
                assertPublished(later, store().publish(later));
            }
        }

        /// As above, while it adds a supplement.
        @Test
        void ofASupplementMayEndAfterAnyRequest() throws Exception {
            Seen healed = new Seen(29, 29, 1);
            CommittedBatch measured = supplement();
            int before = lake.proxy.requests();
            store().supplements().publishSupplement(measured);
            int requests = lake.proxy.requests() - before;
            assertThat(seen()).isEqualTo(healed);
            for (int n = ThreadLocalRandom.current().nextInt(EVERY); n < requests; n += EVERY) {
                removeAll();
                CommittedBatch supplement = supplement();
                Collections.nCopies(n, PASS).forEach(lake.proxy::next);
                lake.proxy.next(new Fault.LoseAnswer());
                Collections.nCopies(1000, REFUSAL).forEach(lake.proxy::next);
                try {
                    store().supplements().publishSupplement(supplement);
                } catch (FailureException _) {
                    // Another coordinator finishes.
                }
                lake.proxy.heal();
                assertThat(seen().predictions()).as("after request %d", n).isIn(28L, 29L);

                CommittedBatch later = batch.by(3, supplement);
                Publication publication = store().supplements().publishSupplement(later);
                assertThat(seen()).as("after request %d", n).isEqualTo(healed);
                try (OutputProof proof = store().verify(later, Phase.PUBLISHED, publication)) {
                    List<Finding> findings = new ArrayList<>();
                    proof.checkPlace(new Check("place", findings::add));
                    proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
                    proof.checkStaging(new Check("staging", findings::add));
                    assertThat(findings)
                            .as("after request %d", n)
                            .extracting(Finding::outcome)
                            .containsOnly(Finding.Outcome.PROVED);
                }
            }
        }

        @Test
        void ofASupplementDoesNotOpenItOverADecision() throws Exception {
            supplement();
            PublicationRegister register = new PublicationRegister(
                    objects().stores().forWriting(keys().prefix()), keys().supplementRegister());
            PublicationRegister.Version claimed = Objects.requireNonNull(register.claim(3));
            PublicationDecision decision = new PublicationDecision("flights", "{}", List.of(), Map.of(), 1, List.of());
            register.decide(claimed, decision);

            assertThatThrownBy(() -> register.reopen(2))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("a later coordinator");
            assertThat(Objects.requireNonNull(register.read()).state())
                    .isInstanceOfSatisfying(
                            PublicationRegister.State.Decided.class,
                            decided -> assertThat(decided.decision()).isEqualTo(decision));
        }

        private CommittedBatch supplement() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            return batch.supplement(store(), committed, 2, "nightshift_row = 17");
        }

        @Test
        void ofASupplementPublishesAtTheSameTimeAsItsSuccessor() throws Exception {
            CommittedBatch earlier = supplement();
            CommittedBatch later = batch.by(3, earlier);
            Thread frozen = Thread.ofPlatform().start(() -> {
                try {
                    store().supplements().publishSupplement(earlier);
                } catch (FailureException _) {
                    // The later one has claimed the supplement.
                }
            });

            Publication publication = store().supplements().publishSupplement(later);

            frozen.join();
            assertThat(seen()).isEqualTo(new Seen(29, 29, 1));
            assertThat(store().supplements().publishSupplement(earlier)).isEqualTo(publication);
        }

        private void removeAll() throws IOException {
            for (String name : listed()) {
                lake.server.delete(lake.bucket, keys().prefix().key() + name);
            }
        }

        @Test
        void losesAnswersAndIsRefusedForAWhile() throws Exception {
            CommittedBatch committed = committed();
            lake.proxy.often(7, 0.2, new Fault.LoseAnswer(), new Fault.Answer(503, "SlowDown"));

            Publication publication = store().publish(committed);

            lake.proxy.heal();
            assertPublished(committed, publication);
        }

        @Test
        void publishesAtTheSameTimeAsItsSuccessor() throws Exception {
            CommittedBatch earlier = committed();
            CommittedBatch later = batch.committed(2, earlier.commits(), Set.of());
            Thread frozen = Thread.ofPlatform().start(() -> {
                try {
                    store().publish(earlier);
                } catch (FailureException _) {
                    // The later one has claimed the batch.
                }
            });

            Publication publication = store().publish(later);

            frozen.join();
            assertPublished(later, publication);
        }
    }

    @Test
    void theStatementsThatLoadABatchNameThePartOfASupplement() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        store().supplements().publishSupplement(batch.supplement(store(), committed, 2, "nightshift_row = 17"));

        for (String name : List.of("_load-redshift.manifest", "_load-snowflake.sql")) {
            assertThat(new String(content(keys().published(name)), StandardCharsets.UTF_8))
                    .contains("part-000000.parquet", "part-000003.parquet");
        }
    }

    @Nested
    class Leftovers {

        @Test
        void ofASupplementAreNoneWhileItIsOpen() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            CommittedBatch supplement = batch.supplement(store(), committed, 2, "nightshift_row = 17");

            store().prepare(new BatchId("flights-20261130t231425-11aa"), batch.job(), batch.model());

            store().supplements().publishSupplement(supplement);
            assertThat(seen()).isEqualTo(new Seen(29, 29, 1));
        }

        @Test
        void ofAPublicationAreDeletedBeforeItEnds() throws Exception {
            CommittedBatch committed = committed();
            refuse(0, (method, path) -> method.equals("DELETE"));
            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse());
            assertThat(seen()).isEqualTo(ALL);
            lake.proxy.heal();

            assertPublished(committed, store().publish(committed));
            assertThat(listed()).noneMatch(name -> name.startsWith("_staging"));
        }

        @Test
        void ofAnEarlierSupplementAreNoObstacleForTheNext() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            batch.supplement(store(), committed, 2, "nightshift_row = 17");
            refuse(0, (method, path) -> method.equals("DELETE"));

            batch.prepareSupplement(store(), committed, 3);

            lake.proxy.heal();
            store().supplements().publishSupplement(batch.supplement(store(), committed, 3, "nightshift_row = 17"));
            assertThat(seen()).isEqualTo(new Seen(29, 29, 1));
            assertThat(listed()).noneMatch(name -> name.startsWith("_staging"));
        }

        private String orphan(String batch, String name) {
            return "churn/daily/_staging/batch=%s/%s".formatted(batch, name);
        }

        @Test
        void ofEndedBatchesAreDeletedWhenTheNextBatchIsPrepared() throws Exception {
            String attempt = "attempts/part-000000.parquet.1-7.staged";
            lake.server.put(lake.bucket, orphan("flights-20200101t000000-0000", attempt), new byte[3]);
            lake.server.begin(lake.bucket, orphan("flights-20200101t000000-0000", "attempts/p.parquet.1-8.2.staged"));
            lake.server.put(lake.bucket, orphan("open-20200101t000000-0000", attempt), new byte[3]);
            lake.server.put(lake.bucket, orphan("open-20200101t000000-0000", "publication.json"), new byte[3]);

            prepare();

            assertThat(listed())
                    .containsExactlyInAnyOrder(
                            "_staging/batch=%s/publication.json".formatted(ContractBatch.ID),
                            "_staging/batch=open-20200101t000000-0000/" + attempt,
                            "_staging/batch=open-20200101t000000-0000/publication.json");
            assertThat(TestCopies.direct(lake, folder.resolve("direct"))
                            .stores()
                            .of(keys().prefix())
                            .uploads(keys().prefix()))
                    .isEmpty();
        }

        /// A list may lack an object that the store has, or a register that was written a moment ago.
        @Test
        void areLeftWhereTheRegisterIsNotInTheListButThere() throws Exception {
            CommittedBatch committed = committed();
            ObjectAddress register = keys().register();
            byte[] open = content(register);
            lake.server.delete(lake.bucket, register.key());
            lake.proxy.before(
                    (method, path) -> method.equals("HEAD")
                            && path.contains(ContractBatch.ID.value())
                            && path.endsWith(PublicationRegister.NAME),
                    () -> lake.server.put(lake.bucket, register.key(), open));

            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void areNotOnThisDiskOnceAnAttemptHasEnded() throws Exception {
            publish();

            try (Stream<Path> files = Files.walk(folder.resolve("copies"))) {
                assertThat(files.filter(Files::isRegularFile)
                                .map(file -> file.getFileName().toString()))
                        .containsOnly("lock");
            }
        }
    }

    @Test
    void aStoreWithoutConditionalWritesIsRefused() {
        Collections.nCopies(100, new Fault.IgnoreConditions("if-")).forEach(lake.proxy::next);

        assertThatThrownBy(this::prepare)
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("does not support conditional writes");
        lake.proxy.heal();
        assertThat(listed()).isEmpty();
    }

    @Test
    void aStoreThatOnlyKnowsIfNoneMatchIsRefusedFirst() {
        lake.proxy.often(1, 1, new Fault.IgnoreConditions("if-match"));

        assertThatThrownBy(this::prepare)
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("does not support conditional writes")
                .hasMessageContaining("If-Match also if the object is missing")
                .hasMessageEndingWith("MinIO needs RELEASE.2025-09-07T16-13-09Z or newer");
        lake.proxy.heal();
        assertThat(listed()).isEmpty();
    }

    @Test
    void aPrefixThatJobsMayNotWriteIsRefused() {
        assertThat(new Destinations(() -> batch.data().duckDb, DataSources.NONE)
                        .of(batch.job())
                        .check(batch.job(), ContractBatch.MODEL))
                .containsExactly(
                        "%s is outside the buckets that jobs may write on this node (nightshift.stores.NAME.write-buckets)"
                                .formatted(keys().prefix()));
    }
}
