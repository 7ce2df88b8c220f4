package io.nightshift.source.lake;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds the snapshots that a batch reads, so that nobody expires them meanwhile, as far as a table can be
/// asked to. A hold is in the table itself: it outlives this process, and is named after the batch.
public final class LakeHolds {

    private static final Logger LOG = LoggerFactory.getLogger(LakeHolds.class);

    private LakeHolds() {}

    /// The tables of a batch.
    @FunctionalInterface
    public interface Tables {

        /// @param lookup the position of a lookup; null for the source itself
        /// @return null if it is not the table of a lake
        @Nullable
        LakeTable get(@Nullable Integer lookup);
    }

    private static String name(BatchId batch, @Nullable Integer lookup) {
        return lookup == null ? "nightshift-" + batch : "nightshift-%s-join-%d".formatted(batch, lookup);
    }

    /// Holds the snapshots of pinned files until [#letGo]. May be called again. Never fails: without the right
    /// to hold a snapshot, a batch reads it all the same.
    public static void hold(BatchId batch, List<SourceFile> files, Tables tables) {
        Set<@Nullable Integer> seen = new HashSet<>();
        for (SourceFile file : files) {
            PinnedFile pin = seen.add(file.lookup()) ? PinnedFile.ofAny(file) : null;
            if (pin == null || pin.snapshot().isEmpty()) {
                continue;
            }
            try {
                LakeTable table = tables.get(file.lookup());
                if (table != null) {
                    table.hold(name(batch, file.lookup()), pin.snapshot());
                }
            } catch (FailureException e) {
                LOG.warn(
                        "{}: the {} can't be held: {}. If it expires before the batch has ended, the batch fails. Keep snapshots for longer than batches run",
                        batch,
                        pin.snapshot(),
                        e.getMessage());
            }
        }
    }

    /// Ends what [#hold] has begun, if there is something. Never fails.
    ///
    /// @param lookups how many the job has
    public static void letGo(BatchId batch, int lookups, Tables tables) {
        for (int i = -1; i < lookups; i++) {
            Integer lookup = i < 0 ? null : Integer.valueOf(i);
            try {
                LakeTable table = tables.get(lookup);
                if (table != null) {
                    table.letGo(name(batch, lookup));
                }
            } catch (FailureException e) {
                LOG.warn(
                        "{}: the tag {} may be left in the table, until it expires: {}",
                        batch,
                        name(batch, lookup),
                        e.getMessage());
            }
        }
    }
}
