package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.incremental.FileKey;
import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.destination.Check;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewFiles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Proves that the batches of a job with new files have read each file once, or again with `--full`, and that
/// no file counts as read that no batch has read.
///
/// Each batch's own ledger has its plan, and an index has the files of all plans, ordered by file. The index
/// is compared with the plans by the number and a sum of the files, so that nothing but a few bytes for each
/// batch is in memory.
final class NewFilesCheck {

    /// A batch as its ledger describes it.
    ///
    /// @param place in the order of submission
    /// @param full whether it may read what other batches read
    /// @param plan digest of the identities of its files; null until it is planned
    /// @param files the files of its plan
    record Batch(
            BatchId id,
            int place,
            boolean full,
            boolean isPublished,
            @Nullable String plan,
            Sum files) {}

    /// A set of files, for comparison.
    ///
    /// @param files their number
    /// @param high the first halves of their keys, added bit by bit
    /// @param low the second halves
    record Sum(long files, long high, long low) {
        static final Sum NONE = new Sum(0, 0, 0);

        private static final int HALF = 16;

        Sum plus(FileKey key) {
            return new Sum(
                    files + 1,
                    high ^ Long.parseUnsignedLong(key.text(), 0, HALF, HALF),
                    low ^ Long.parseUnsignedLong(key.text(), HALF, 2 * HALF, HALF));
        }

        static Sum of(Collection<FileKey> keys) {
            Sum sum = NONE;
            for (FileKey key : keys) {
                sum = sum.plus(key);
            }
            return sum;
        }
    }

    private NewFilesCheck() {}

    /// @param job of the batch that is verified
    static void run(Ledger ledger, Job job, Check check) {
        String source = job.incrementalSource();
        Map<BatchId, Batch> batches = new LinkedHashMap<>();
        IncrementalCheck.forEachBatch(ledger.registered(), job.name(), entry -> {
            if (entry.end().filter(Phase.CANCELLED::equals).isEmpty()) {
                Batch batch = batch(ledger.state(entry.batch()), source, -batches.size());
                if (batch != null) {
                    batches.put(batch.id(), batch);
                }
            }
        });
        prove(batches, visitor -> ledger.readFiles().forEach(source, visitor), check);
    }

    private static @Nullable Batch batch(BatchState state, String source, int place) {
        if (state.phase() == null
                || state.phase() == Phase.CANCELLED
                || !(state.submission().job().incremental() instanceof NewFiles newFiles)
                || !state.submission().job().incrementalSource().equals(source)) {
            return null;
        }
        boolean isPlanned = state.plan() != null;
        return new Batch(
                state.batch(),
                place,
                newFiles.full(),
                state.phase() == Phase.PUBLISHED,
                isPlanned ? state.input() : null,
                isPlanned ? Sum.of(FileKey.read(source, state.pinned().files())) : Sum.NONE);
    }

    /// @param batches those that are not cancelled
    /// @param index visits each file with each of its readings, ordered by file
    static void prove(Map<BatchId, Batch> batches, Consumer<BiConsumer<FileKey, Reading>> index, Check check) {
        Map<BatchId, Sum> indexed = new HashMap<>();
        Overlap overlap = new Overlap(check);
        index.accept((file, reading) -> {
            Batch known = batches.get(reading.batch());
            Batch batch = known != null && reading.plan().equals(known.plan()) ? known : null;
            if (reading.isPublished() && (batch == null || !batch.isPublished())) {
                check.problem("file %s counts as read by %s, which has not published it", file.text(), reading.batch());
            }
            if (batch != null) {
                indexed.merge(batch.id(), Sum.NONE.plus(file), (before, one) -> before.plus(file));
                overlap.add(file, batch);
            }
        });
        overlap.end();
        long published = 0;
        long files = 0;
        for (Batch batch : batches.values()) {
            if (batch.plan() != null
                    && !indexed.getOrDefault(batch.id(), Sum.NONE).equals(batch.files())) {
                check.problem("the files that %s reads are not those that count as read by it", batch.id());
            }
            published += batch.isPublished() ? 1 : 0;
            files += batch.isPublished() ? batch.files().files() : 0;
        }
        check.proved(
                "%,d published batches of this source have read %,d files: each in one batch, or again with --full%s",
                published,
                files,
                published == batches.size()
                        ? ""
                        : String.format(Locale.ROOT, "; %,d more are open", batches.size() - published));
    }

    /// The batches that read the file that is visited.
    private static final class Overlap {
        private final Check check;
        private final List<Batch> batches = new ArrayList<>();
        private @Nullable FileKey file;

        Overlap(Check check) {
            this.check = check;
        }

        void add(FileKey next, Batch batch) {
            if (!next.equals(file)) {
                end();
                file = next;
            }
            batches.add(batch);
        }

        /// Batches are planned in any order, so only one of them may have read the file as a new one.
        void end() {
            List<Batch> asNew = batches.stream()
                    .filter(batch -> !batch.full())
                    .sorted(Comparator.comparingInt(Batch::place))
                    .toList();
            if (asNew.size() > 1) {
                check.problem(
                        "%s reads file %s, which %s reads, too",
                        asNew.get(1).id(),
                        Objects.requireNonNull(file).text(),
                        asNew.getFirst().id());
            }
            batches.clear();
        }
    }
}
