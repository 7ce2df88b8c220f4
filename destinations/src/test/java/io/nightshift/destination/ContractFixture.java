package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.testing.database.TcpProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The fixture of the contract tests. Each kind of destination implements its abstract methods. All tests share a
/// batch of three partitions of ten rows, of which the second has two bad rows. To test a crash, a test stops using
/// a store between two calls, and makes the next call on a new store.
///
/// The promises are in a class for each topic. The classes extend each other, because a test class can have only
/// one superclass. Subclasses extend the last of them, [DestinationContract].
@ExtendWith({OfTheFiles.Once.class, LeaveOut.Inherited.class})
public abstract class ContractFixture {

    /// The batch as a reader sees it.
    ///
    /// @param predictions the number of rows
    /// @param distinct the number of different record ids among them
    /// @param quarantined the number of bad rows
    public record Seen(long predictions, long distinct, long quarantined) {}

    /// What readers see of a batch that is not published.
    public static final Seen NOTHING = new Seen(0, 0, 0);
    protected static final Seen ALL = new Seen(28, 28, 2);

    /// Ways to change published output behind Nightshift's back.
    public enum Tampering {
        A_ROW_IS_MISSING,
        A_ROW_IS_DOUBLED,
        A_VALUE_IS_CHANGED,
        A_PARTITION_IS_GONE,
        THE_MANIFEST_IS_CHANGED
    }

    /// Something in the destination that makes a publication fail.
    ///
    /// @param put puts it there
    /// @param remove takes it away again
    public record Obstacle(String name, Step put, Step remove) {
        @Override
        public String toString() {
            return name;
        }
    }

    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    @TempDir
    protected Path folder = Path.of("");

    protected ContractBatch batch;
    private final List<Destinations> opened = new CopyOnWriteArrayList<>();

    /// A place where nothing is.
    protected abstract Destination destination() throws Exception;

    protected DataSources dataSources() {
        return DataSources.NONE;
    }

    protected ObjectCopies objects() {
        return ObjectCopies.none();
    }

    protected abstract Seen seen() throws Exception;

    protected abstract void tamper(Tampering tampering) throws Exception;

    protected abstract List<Obstacle> obstacles();

    /// A name of a column that is as unusual as the destination allows.
    protected String columnName() {
        return "Best Class";
    }

    /// What makes the publication of the first supplement by the coordinator of incarnation 2 fail, in the
    /// order of its steps.
    protected List<Obstacle> supplementObstacles() {
        return List.of();
    }

    /// What makes the removal of what is staged of a supplement fail, by the coordinator of incarnation 2.
    protected List<Obstacle> discardObstacles() throws Exception {
        return List.of();
    }

    /// Whether the destination holds anything of a batch that was published; empty if it can't remove batches
    /// yet.
    protected Optional<Boolean> left() throws Exception {
        return Optional.empty();
    }

    /// A folder that this node does not see any more, and an empty one where its file system was mounted.
    protected final List<Obstacle> unmounted(Path place) {
        Path elsewhere = place.resolveSibling("elsewhere");
        return List.of(
                new Obstacle("gone", () -> Files.move(place, elsewhere), () -> Files.move(elsewhere, place)),
                new Obstacle(
                        "an empty folder",
                        () -> {
                            Files.move(place, elsewhere);
                            Files.createDirectory(place);
                        },
                        () -> {
                            // A call that made something there would make this fail.
                            Files.delete(place);
                            Files.move(elsewhere, place);
                        }));
    }

    /// Files that Nightshift did not write.
    ///
    /// @return looks whether they are unchanged
    protected static Step files(Path folder, String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, name);
        }
        return () -> {
            for (String name : names) {
                assertThat(folder.resolve(name)).hasContent(name);
            }
        };
    }

    @BeforeEach
    void aBatchIsPlanned() throws Exception {
        batch = new ContractBatch(folder, destination());
    }

    @AfterEach
    void close() {
        opened.forEach(destinations -> {
            destinations.plugins().close();
            destinations.connections().close();
        });
        batch.close();
    }

    /// The store of a process that has just started.
    protected DestinationStore store() {
        return store(batch.job());
    }

    /// The store of another job in a process that has just started.
    protected final DestinationStore store(Job job) {
        Destinations destinations = new Destinations(
                () -> batch.data().duckDb,
                new Sources(() -> batch.data().duckDb, FileRoots.UNRESTRICTED, objects()),
                dataSources(),
                new ConnectionPool(2));
        opened.add(destinations);
        return destinations.of(job);
    }

    protected final void prepare() {
        store().prepare(ContractBatch.ID, batch.job(), batch.model());
    }

    final List<PartitionCommit> writeAll(int incarnation) throws Exception {
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < ContractBatch.PARTITIONS; partition++) {
            commits.add(batch.write(store(), partition, new Epoch(incarnation, partition + 1)));
        }
        return commits;
    }

    protected final CommittedBatch committed() throws Exception {
        prepare();
        return batch.committed(1, writeAll(1), Set.of());
    }

    /// Publishes the batch.
    protected final void publish() throws Exception {
        store().publish(committed());
    }

    final List<Finding> proof(CommittedBatch committed, Phase phase, Publication publication) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, phase, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            if (proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add))) {
                Check ids = new Check("ids", findings::add);
                if (!proof.areSame(committed.commits(), batch.slices(0, 1, 2))) {
                    ids.problem("the ids are not those of the input");
                }
                if (!proof.repeated(committed.commits(), 5).isEmpty()) {
                    ids.problem("ids are repeated");
                }
                ids.proved("the ids are those of the input");
            }
            proof.checkStaging(new Check("staging", findings::add));
        }
        return findings;
    }

    protected final void assertPublished(CommittedBatch committed, Publication publication) throws Exception {
        assertThat(seen()).isEqualTo(ALL);
        List<Finding> findings = proof(committed, Phase.PUBLISHED, publication);
        assertThat(findings)
                .filteredOn(finding -> finding.outcome() != Finding.Outcome.PROVED)
                .isEmpty();
        assertThat(findings).hasSize(5);
    }

    /// Reads the destination again and again while a step runs, and returns all that was read.
    final List<Object> looksDuring(Step step) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(3);
        ConcurrentLinkedQueue<Object> looks = new ConcurrentLinkedQueue<>();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                try {
                    looks.add(seen());
                } catch (Exception e) {
                    looks.add(e);
                }
                reading.countDown();
            }
        });
        try {
            reading.await();
            step.run();
        } finally {
            stop.set(true);
            reader.join();
        }
        return List.copyOf(looks);
    }

    /// Makes a server unreachable.
    protected static void shut(TcpProxy server) {
        try {
            server.shut();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final void assertNothingIsStaged(CommittedBatch committed, Phase phase) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, phase, null)) {
            proof.checkStaging(new Check("staging", findings::add));
        }
        assertThat(findings).extracting(Finding::outcome).containsExactly(Finding.Outcome.PROVED);
    }
}
