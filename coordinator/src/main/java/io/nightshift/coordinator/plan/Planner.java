package io.nightshift.coordinator.plan;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.CutPlan.Piece;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/// Cuts an input into partitions of about the wanted size. Row groups are kept whole unless they
/// are larger than that; then they are cut into equal pieces. Small ones are taken together, across
/// files too. An input without rows is one empty partition, so that its batch has an output with the
/// columns of every other.
public final class Planner {

    /// Partitions of a job with a partition key.
    ///
    /// @param cuts with the pieces of which the partitions consist
    public record KeyedPlan(CutPlan cuts, PartitionPlan partitions) {}

    private Planner() {}

    /// Puts counted pieces together to partitions, each of one cut. A cut is one partition; or, if the job
    /// divides it further, as many partitions of about equal size as are nearest to the wanted size. A
    /// partition whose pieces would not fit into a message is divided.
    ///
    /// @param counted at least one piece
    /// @throws FailureException permanent, if there are too many partitions
    public static KeyedPlan cut(CutPlan counted, List<InspectedFile> files, Job.Partitions wanted) {
        return new Assembly(counted, files, wanted).plan();
    }

    private static final class Assembly {
        private static final int MOST = 1_000_000;
        private final CutPlan counted;
        private final List<InspectedFile> files;
        private final Job.Partitions wanted;
        private final List<Piece> pieces = new ArrayList<>();
        private final LongStream.Builder partitions = LongStream.builder();
        private final long[] cutRows;
        /// The rows and the bytes of the open partition, and the position of its first piece.
        private long open;
        private long bytes;
        private int first;

        Assembly(CutPlan counted, List<InspectedFile> files, Job.Partitions wanted) {
            this.counted = counted;
            this.files = files;
            this.wanted = wanted;
            this.cutRows = new long[counted.cuts().size()];
            counted.pieces().forEach(piece -> cutRows[piece.cut()] += piece.selected());
        }

        KeyedPlan plan() {
            int cut = -1;
            long done = 0;
            long ended = 0;
            for (Piece piece : counted.pieces()) {
                if (piece.cut() != cut) {
                    close();
                    cut = piece.cut();
                    done = 0;
                    ended = 0;
                } else if (isNearer(cutRows[cut], ended, done, done + piece.selected())) {
                    close();
                    ended++;
                }
                add(piece);
                done += piece.selected();
            }
            close();
            long[] rows = partitions.build().toArray();
            if (rows.length > MOST) {
                throw FailureException.permanent(String.format(
                        Locale.ROOT,
                        "the plan has %,d partitions, and a batch can have at most %,d. Divide partitions.by more coarsely",
                        rows.length,
                        MOST));
            }
            return new KeyedPlan(new CutPlan(counted.cuts(), pieces), PartitionPlan.of(rows));
        }

        /// Whether the end of a partition is nearer before a piece than after it.
        private boolean isNearer(long rows, long ended, long before, long after) {
            PartitionKey key = wanted.key();
            if (key == null || !key.rows()) {
                return false;
            }
            long count = Math.max(1, Math.round((double) rows / wanted.rows()));
            double end = (double) rows / count * (ended + 1);
            return Math.abs(end - before) <= Math.abs(end - after);
        }

        private void add(Piece piece) {
            Piece last = pieces.size() == first ? null : pieces.getLast();
            if (last != null
                    && last.file() == piece.file()
                    && !files.get(piece.file()).holdsRowGroup(last.firstRow() + last.rows(), piece.firstRow())) {
                long end = Math.max(last.firstRow() + last.rows(), piece.firstRow() + piece.rows());
                pieces.set(
                        pieces.size() - 1,
                        new Piece(
                                piece.cut(),
                                piece.file(),
                                last.firstRow(),
                                end - last.firstRow(),
                                last.selected() + piece.selected()));
            } else {
                int more = WireLimits.sliceBytes(files.get(piece.file()).file())
                        + WireLimits.cutBytes(counted.cuts().get(piece.cut()));
                if (bytes + more > WireLimits.SLICES) {
                    close();
                }
                bytes += more;
                pieces.add(piece);
            }
            open += piece.selected();
        }

        private void close() {
            if (open > 0) {
                partitions.add(open);
            }
            open = 0;
            bytes = 0;
            first = pieces.size();
        }
    }

    /// @param files of the source, and then those of lookups, which have no row groups
    /// @param target rows per partition, at least 1
    public static PartitionPlan cut(List<InspectedFile> files, int target) {
        LongStream.Builder partitions = LongStream.builder();
        long open = 0;
        // Each lease names the files of lookups.
        int lookups = files.stream()
                .map(InspectedFile::file)
                .filter(SourceFile::isLookup)
                .mapToInt(WireLimits::sliceBytes)
                .sum();
        int openBytes = lookups;
        int lastFile = -1;
        for (int i = 0; i < files.size(); i++) {
            InspectedFile file = files.get(i);
            int fileBytes = WireLimits.sliceBytes(file.file());
            for (long group : file.rowGroups()) {
                if (group == 0) {
                    continue;
                }
                int bytes = openBytes + (i == lastFile ? 0 : fileBytes);
                if (open > 0 && (open + group > target || bytes > WireLimits.SLICES)) {
                    partitions.add(open);
                    open = 0;
                    bytes = lookups + fileBytes;
                }
                if (group <= target) {
                    open += group;
                    openBytes = bytes;
                    lastFile = i;
                } else {
                    openBytes = lookups;
                    lastFile = -1;
                    long pieces = Math.max(1, Math.round((double) group / target));
                    for (long piece = 0; piece < pieces; piece++) {
                        partitions.add(group / pieces + (piece < group % pieces ? 1 : 0));
                    }
                }
            }
        }
        if (open > 0) {
            partitions.add(open);
        }
        long[] rows = partitions.build().toArray();
        return rows.length == 0 ? PartitionPlan.of(0) : PartitionPlan.of(rows);
    }
}
