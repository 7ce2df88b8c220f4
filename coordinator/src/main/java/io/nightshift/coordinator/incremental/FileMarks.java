package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Decides which files of a source a batch may read: those that no published batch has read, and that no
/// batch will have read that can still be published.
///
/// A batch claims its files before its plan is persisted. A batch may claim several times, if its planning is
/// repeated; the plan that its ledger has then says which claim counts. The files of a cancelled batch are
/// free again. So the event that publishes a batch makes its files read, whatever crashes.
///
/// Safe for several threads and nodes.
public class FileMarks {

    /// The phase and the plan of a batch, from its ledger.
    ///
    /// @param phase null if the ledger has no entry
    /// @param plan digest of the identities of the planned files; null until the batch is planned
    public record Planned(@Nullable Phase phase, @Nullable String plan) {}

    private final ReadFiles files;
    private final Function<BatchId, Planned> ledger;

    /// @param files what is remembered
    /// @param ledger reads a batch's ledger; blocks
    public FileMarks(ReadFiles files, Function<BatchId, Planned> ledger) {
        this.files = files;
        this.ledger = ledger;
    }

    /// The files that a batch may read.
    ///
    /// @param listed the files of the source
    /// @return some of them
    public Set<FileKey> unread(BatchId batch, Collection<FileKey> listed) {
        Map<FileKey, List<Reading>> readings = files.find(listed);
        Map<BatchId, Planned> known = new HashMap<>();
        Set<FileKey> unread = new HashSet<>();
        for (FileKey file : listed) {
            if (isFree(batch, readings.getOrDefault(file, List.of()), known)) {
                unread.add(file);
            }
        }
        return unread;
    }

    /// Claims files for a plan of a batch that is not persisted yet.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param plan digest of the identities of the files
    /// @param again whether the batch may read what other batches read
    /// @return false if another batch reads one of the files, and nothing was claimed
    public boolean claim(String source, BatchId batch, String plan, Collection<FileKey> claimed, boolean again) {
        Map<BatchId, Planned> known = new HashMap<>();
        return files.add(
                source,
                new Reading(batch, plan, false),
                claimed,
                readings -> again || readings.values().stream().allMatch(each -> isFree(batch, each, known)));
    }

    private boolean isFree(BatchId batch, List<Reading> readings, Map<BatchId, Planned> known) {
        return readings.stream().allMatch(reading -> reading.batch().equals(batch) || !counts(reading, known));
    }

    /// Whether the batch of a reading has read its files, or may still read them. What can't change any more
    /// is remembered.
    boolean counts(Reading reading, Map<BatchId, Planned> known) {
        if (reading.isPublished()) {
            return true;
        }
        Planned planned = known.computeIfAbsent(reading.batch(), ledger);
        boolean isVoid = planned.phase() == Phase.CANCELLED
                || (planned.plan() != null && !planned.plan().equals(reading.plan()));
        if (isVoid) {
            files.remove(reading);
        } else if (planned.phase() == Phase.PUBLISHED) {
            files.publish(reading);
        }
        return !isVoid;
    }
}
