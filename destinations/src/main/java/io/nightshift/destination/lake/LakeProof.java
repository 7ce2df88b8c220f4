package io.nightshift.destination.lake;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The files of a batch, compared with the ledger, and with the files that readers of the table find.
public final class LakeProof implements OutputProof {

    private final CommittedBatch batch;
    private final @Nullable Publication publication;
    private final Destination destination;
    private final String table;
    private final Supplier<List<TableFile>> visible;
    private final String place;
    private final OutputProof files;

    /// @param publication what the ledger says of it; null if there is none
    /// @param table its name
    /// @param visible the batch's files that readers of the table find
    /// @param place of the batch's files, as the table has it
    /// @param files compares the files
    public LakeProof(
            CommittedBatch batch,
            @Nullable Publication publication,
            Destination destination,
            String table,
            Supplier<List<TableFile>> visible,
            String place,
            OutputProof files) {
        this.batch = batch;
        this.publication = publication;
        this.destination = destination;
        this.table = table;
        this.visible = visible;
        this.place = place;
        this.files = files;
    }

    @Override
    public String place() {
        return "table";
    }

    @Override
    public void checkPlace(Check check) {
        String recorded = publication == null ? "" : publication.destination();
        if (!recorded.equals(destination.toString())) {
            check.problem("the ledger says it was published in %s, its job says %s", recorded, destination);
        }
        try {
            checkVisible(check);
        } catch (FailureException e) {
            check.problem("%s", e.getMessage());
        }
        files.checkPlace(check);
    }

    /// Readers of the table find the committed files, and no others of the batch.
    private void checkVisible(Check check) {
        Map<String, Long> expected = new TreeMap<>();
        FileNames names = Objects.requireNonNull(files.files());
        for (PartitionCommit commit : batch.commits()) {
            if (commit.predictions() > 0) {
                expected.put(place + "/" + names.part(commit), commit.predictions());
            }
        }
        for (TableFile file : visible.get()) {
            Long rows = expected.remove(file.location());
            if (rows == null) {
                check.problem(
                        "the table %s has the file %s for the batch, which the ledger does not; another program has rewritten the batch",
                        table, file.location());
            } else if (file.rows() != null && !rows.equals(file.rows())) {
                check.problem(
                        "the table %s has %,d rows for the file %s, the ledger says %,d",
                        table, file.rows(), file.location(), rows);
            } else if (file.hasDeletes()) {
                check.problem(
                        "another program has deleted rows of the file %s in the table %s", file.location(), table);
            }
        }
        expected.keySet().forEach(file -> check.problem("the table %s lacks the file %s", table, file));
    }

    @Override
    public InputStream manifest() throws IOException {
        return files.manifest();
    }

    @Override
    public @Nullable FileNames files() {
        return files.files();
    }

    @Override
    public boolean checkRows(Check checksums, Check rows) {
        return files.checkRows(checksums, rows);
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        return files.areSame(commits, slices);
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        return files.repeated(commits, limit);
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        return files.predictions(commits, visitor);
    }

    @Override
    public void checkStaging(Check staging) {
        files.checkStaging(staging);
    }

    @Override
    public void close() {
        files.close();
    }
}
