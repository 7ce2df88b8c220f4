package io.nightshift.destination.lake;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The files of a batch, compared with the ledger, and with the files that readers of the table find.
public final class LakeProof implements OutputProof {

    private final CommittedBatch batch;
    private final @Nullable Publication publication;
    private final Destination destination;
    private final String table;
    private final Supplier<List<TableFile>> visible;
    private final Supplier<List<Provenance>> provenances;
    private final String place;
    private final OutputProof files;

    /// @param publication what the ledger says of it; null if there is none
    /// @param table its name
    /// @param visible the batch's files that readers of the table find
    /// @param provenances what the table says of where the batch's rows come from
    /// @param place of the batch's files, as the table has it
    /// @param files compares the files
    public LakeProof(
            CommittedBatch batch,
            @Nullable Publication publication,
            Destination destination,
            String table,
            Supplier<List<TableFile>> visible,
            Supplier<List<Provenance>> provenances,
            String place,
            OutputProof files) {
        this.batch = batch;
        this.publication = publication;
        this.destination = destination;
        this.table = table;
        this.visible = visible;
        this.provenances = provenances;
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

    /// The table says of each commit of the batch what the ledger says. Only the newest one knows the present
    /// manifest.
    @Override
    public void checkProvenance(Check check) {
        if (batch.predictions() == 0) {
            return;
        }
        List<Provenance> found;
        try {
            found = provenances.get();
        } catch (FailureException e) {
            check.open("%s", e.getMessage());
            return;
        }
        int newest = batch.supplements().size();
        Provenance byLedger = Provenance.of(batch);
        Provenance byManifest = byManifest();
        SortedSet<Integer> missing = new TreeSet<>();
        for (int number = 0; number <= newest; number++) {
            missing.add(number);
        }
        SortedSet<String> unsaid = new TreeSet<>();
        for (Provenance each : found) {
            int number = each.supplement();
            if (number < 0 || number > newest) {
                check.problem(
                        "the table %s has the supplement %s of the batch, which the ledger does not",
                        table, each.properties().get(Provenance.SUPPLEMENT));
                continue;
            }
            missing.remove(number);
            SortedMap<String, String> expected = new TreeMap<>(byLedger.properties());
            if (number == newest) {
                byManifest.properties().forEach(expected::putIfAbsent);
            }
            if (!expected.containsKey(Provenance.INPUT) && each.properties().containsKey(Provenance.INPUT)) {
                expected.put(Provenance.INPUT, "nothing");
            }
            expected.forEach((name, value) -> {
                String said = each.properties().get(name);
                if (said == null) {
                    unsaid.add(name);
                } else if (!said.equals(value)) {
                    check.problem("the table %s says %s = %s, the ledger says %s", table, name, said, value);
                }
            });
        }
        if (!missing.isEmpty()) {
            check.open(
                    "the table %s keeps nothing of the commit that has %s, so it does not say any more what its rows come from",
                    table, missing.first() == 0 ? "added the batch" : "added the supplement " + missing.first());
        } else if (!unsaid.isEmpty()) {
            check.open("the table %s does not say %s any more", table, String.join(", ", unsaid));
        } else {
            check.proved("the table %s names the same batch, model, input and ledger as the ledger does", table);
        }
    }

    /// A manifest that can't be read is a problem of its own check.
    private Provenance byManifest() {
        if (publication != null) {
            try (InputStream in = files.manifest()) {
                String manifest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                return Provenance.of(batch.id(), manifest, publication.manifestSha256());
            } catch (IOException | FailureException _) {
                // The rest is compared all the same.
            }
        }
        return new Provenance(new TreeMap<>());
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
