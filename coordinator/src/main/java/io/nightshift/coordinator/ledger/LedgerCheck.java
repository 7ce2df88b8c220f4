package io.nightshift.coordinator.ledger;

import io.nightshift.api.LedgerReport;
import io.nightshift.api.LedgerReport.Finding;
import io.nightshift.coordinator.alert.AlertOutbox;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Verifies every entry of a journal: the hash chain of each batch, that its events can follow each other, that
/// no entry is missing, and that the batch register and the batches agree.
public final class LedgerCheck {

    private static final String BATCH_PREFIX = Batch.KEY.name() + "|";
    private static final String ALERTS_PREFIX = AlertOutbox.KEY.name() + "|";

    private final LedgerSerializer serializer = new LedgerSerializer();
    private final List<Finding> findings = new ArrayList<>();

    /// The phases of the batches that the register keeps or does not know, so of all that are not archived.
    private final Map<BatchId, @Nullable Phase> phases = new HashMap<>();

    private final RegisteredBatches registered;
    private final Connection archive;
    private BatchRegisterState register = BatchRegisterState.EMPTY;
    private long entries;
    private int batches;

    private String id = "";
    private long number;
    private boolean isDamaged;
    private @Nullable BatchState state;

    /// @param registered only says where the entry of a batch is to be found. The register is folded again
    private LedgerCheck(RegisteredBatches registered, Connection archive) {
        this.registered = registered;
        this.archive = archive;
    }

    /// Reads the whole journal, which can take minutes.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException transient if the journal can't be read
    public static LedgerReport of(Ledger ledger) {
        try (Connection connection = ledger.connect()) {
            LedgerCheck check = new LedgerCheck(ledger.registered(), connection);
            ledger.forEachRow(JournalRow.Order.BY_ID, null, check::row);
            check.endOfId();
            check.compare();
            return new LedgerReport(check.entries, check.batches, check.findings);
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    private void row(JournalRow row) {
        if (!row.id().equals(id)) {
            endOfId();
            id = row.id();
            number = 0;
            isDamaged = false;
            state = id.startsWith(BATCH_PREFIX) ? BatchState.initial(batch()) : null;
        }
        entries++;
        number++;
        if (row.number() != number) {
            found("entry %d is missing".formatted(number));
            number = row.number();
        }
        Object entry = serializer.read(row.serializer(), row.manifest(), row.payload());
        if (entry instanceof UnreadableEntry(String problem)) {
            found("entry %d can't be read: %s".formatted(number, problem));
        } else if (entry instanceof BatchRegisterEvent event && state == null) {
            if (event instanceof BatchRegisterEvent.Archived archived) {
                compareArchive(register.archivable(archived));
            }
            register = register.apply(event);
        } else if (state == null && (entry instanceof ScheduledJobEvent || entry instanceof JobCatalogueEvent)) {
            // The entries of applied jobs prove nothing about batches.
            return;
        } else if (id.startsWith(ALERTS_PREFIX) && entry instanceof AlertEvent) {
            // Alerts have no hash chain: they say nothing about the output of a batch.
        } else if (!(entry instanceof LedgerEntry) || state == null) {
            found("entry %d is of another kind than the entries before".formatted(number));
        } else if (entry instanceof LedgerEntry next && !isDamaged) {
            try {
                state = state.apply(next);
            } catch (IllegalStateException e) {
                found(BatchState.damage(e));
            }
        }
    }

    private BatchId batch() {
        return new BatchId(id.substring(BATCH_PREFIX.length()));
    }

    /// One finding for each batch is enough: what follows it can't be judged.
    private void found(String problem) {
        if (state == null || !isDamaged) {
            findings.add(new Finding(state == null ? null : batch().value(), problem));
        }
        isDamaged = true;
    }

    private void endOfId() {
        if (state == null) {
            return;
        }
        batches++;
        BatchId batch = batch();
        Phase phase = isDamaged ? null : state.phase();
        Entry archived = archived(batch);
        if (archived == null) {
            phases.put(batch, phase);
        } else if (archived.isPublished()) {
            comparePublished(batch, phase);
        }
    }

    /// A batch that only the archive has.
    private @Nullable Entry archived(BatchId batch) {
        BatchRegisterState now = registered.register();
        if (now.archives() == 0 || now.batches().containsKey(batch)) {
            return null;
        }
        return find(batch);
    }

    private @Nullable Entry find(BatchId batch) {
        try {
            return ArchiveTable.find(archive, batch).orElse(null);
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    private boolean hasEntries(BatchId batch) {
        String sql = "SELECT 1 FROM \"event_journal\" WHERE \"persistence_id\" = ? AND \"sequence_number\" = 1";
        try (PreparedStatement statement = archive.prepareStatement(sql)) {
            statement.setString(1, BATCH_PREFIX + batch);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            throw Ledger.unreadable(e);
        }
    }

    /// The archive must have what left the register.
    private void compareArchive(BatchRegisterState.Archivable left) {
        for (Entry entry : left.batches()) {
            Entry archived = find(entry.batch());
            if (archived == null) {
                findings.add(
                        new Finding(
                                entry.batch().value(),
                                "the batch register has archived this batch, but the archive doesn't have it. `nightshift ledger export` and `import` write the archive again"));
            } else if (!archived.equals(entry)) {
                findings.add(new Finding(
                        entry.batch().value(),
                        "the archive has another job, model, input or end than the batch register"));
            } else if (entry.isPublished() && !hasEntries(entry.batch())) {
                missing(entry.batch());
            }
        }
        left.keys().forEach((key, use) -> {
            if (!registered.archive().use(key.job(), key.key()).equals(Optional.of(use))) {
                findings.add(new Finding(
                        use.batch().value(), "the archive lacks the key %s of this batch".formatted(key.key())));
            }
        });
    }

    /// A batch ends in its own ledger first, so the register may be behind, but never ahead.
    private void compare() {
        for (BatchId batch : phases.keySet()) {
            if (!register.batches().containsKey(batch)) {
                findings.add(
                        new Finding(
                                batch.value(),
                                "the batch register does not know this batch: its entry was lost. The register enters it again at its next start, with a `nightshift run` or with a node"));
            }
        }
        for (Entry entry : register.all()) {
            if (!entry.isPublished()) {
                continue;
            }
            if (phases.containsKey(entry.batch())) {
                comparePublished(entry.batch(), phases.get(entry.batch()));
            } else {
                missing(entry.batch());
            }
        }
    }

    private void missing(BatchId batch) {
        findings.add(
                new Finding(batch.value(), "the batch register has it as published, but its own ledger is missing"));
    }

    /// @param phase of the batch's own ledger; null if it is damaged
    private void comparePublished(BatchId batch, @Nullable Phase phase) {
        if (phase != null && phase != Phase.PUBLISHED) {
            findings.add(
                    new Finding(
                            batch.value(),
                            "the batch register has it as published, but its own ledger ends before that: its last entries are missing"));
        }
    }
}
