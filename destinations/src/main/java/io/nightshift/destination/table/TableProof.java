package io.nightshift.destination.table;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.RowsDigest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.database.Database;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The committed rows of a batch in a database, wherever they are now, compared with what the ledger keeps of
/// each partition: their number and their digest. It streams the rows once and keeps digests, some 400 bytes
/// a partition.
public abstract class TableProof implements OutputProof {

    /// Digests of a partition's rows in the database.
    protected static final class Found {
        public final RowsDigest predictions;
        public final RowsDigest quarantine;
        public final RowsDigest ids;

        Found(RowsDigest any) {
            predictions = any.emptyCopy();
            quarantine = any.emptyCopy();
            ids = any.emptyCopy();
        }
    }

    protected final CommittedBatch batch;
    protected final Phase phase;
    protected final Database database;
    private final @Nullable Publication publication;
    private final SourceIds sourceIds;
    private final RowsDigest any = new RowsDigest();
    private final Map<Integer, Found> found = new TreeMap<>();

    protected TableProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            Database database,
            SourceIds sourceIds) {
        this.batch = batch;
        this.phase = phase;
        this.publication = publication;
        this.database = database;
        this.sourceIds = sourceIds;
    }

    @Override
    public final String place() {
        return "table";
    }

    @Override
    public final @Nullable FileNames files() {
        return null;
    }

    /// Streams the batch's rows, and adds each to the digests of its partition as the worker that wrote it did.
    ///
    /// @throws FailureException if they can't be read
    protected abstract void read();

    /// The digests of a partition.
    protected final Found found(int partition) {
        return found.computeIfAbsent(partition, number -> new Found(any));
    }

    /// Compares the place that the ledger names with that of the job.
    protected final void checkRecordedPlace(Check table) {
        String recorded = publication == null ? "" : publication.destination();
        String destination = batch.job().destination().toString();
        if (!destination.equals(recorded)) {
            table.problem("the ledger says it was published in %s, its job says %s", recorded, destination);
        }
    }

    /// The columns that tell records apart.
    protected final List<String> ids() {
        return batch.job().source().id() == null ? List.of("record_file", "record_row") : List.of("record_id");
    }

    @Override
    public final boolean checkRows(Check checksums, Check rows) {
        try {
            read();
        } catch (FailureException e) {
            rows.problem("the rows can't be read: %s", e.getMessage());
            checksums.open("not computed, since the rows can't be read");
            return false;
        }
        for (PartitionCommit commit : batch.commits()) {
            Found partition = found(commit.partition());
            compare(commit, "predictions", partition.predictions, commit.part(), checksums, rows);
            compare(commit, "quarantined rows", partition.quarantine, commit.quarantine(), checksums, rows);
        }
        if (phase == Phase.PUBLISHED) {
            for (int partition : found.keySet()) {
                if (batch.commit(partition) == null) {
                    rows.problem("there are rows of a partition %d, which was not committed", partition);
                }
            }
        }
        checksums.proved(
                "%,d partitions: the rows of each have the digest that was committed",
                batch.commits().size());
        rows.proved(
                "the tables hold %,d predictions and %,d quarantined rows, partition by partition as committed",
                batch.predictions(), batch.quarantined());
        return true;
    }

    private static void compare(
            PartitionCommit commit,
            String what,
            RowsDigest digest,
            @Nullable OutputFile committed,
            Check checksums,
            Check rows) {
        long expected = committed == null ? 0 : committed.rows();
        if (digest.rows() != expected) {
            rows.problem(
                    "partition %d has %,d %s, the ledger says %,d", commit.partition(), digest.rows(), what, expected);
        } else if (committed != null && !digest.text().equals(committed.sha256())) {
            checksums.problem(
                    "%s of partition %d were changed: their digest is %s, the ledger says %s",
                    what, commit.partition(), digest.text(), committed.sha256());
        }
    }

    @Override
    public final boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        String output = any.emptyCopy().text();
        for (PartitionCommit commit : commits) {
            Found partition = found.get(commit.partition());
            output = partition == null ? output : RowsDigest.sum(output, partition.ids.text());
        }
        return output.equals(sourceIds.digest(batch.job(), slices));
    }

    @Override
    public final void close() {
        database.close();
    }
}
