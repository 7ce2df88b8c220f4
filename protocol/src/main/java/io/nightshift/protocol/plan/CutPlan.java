package io.nightshift.protocol.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The division of a batch's input by the job's partition key: the cuts, and where the rows of each are. The
/// counts are pinned, so that every partition has a known number of rows before one is read.
///
/// @param cuts each with at least one piece, in the order of the partitions
/// @param pieces in the order of the partitions, which is the order of the cuts
public record CutPlan(List<Cut> cuts, List<Piece> pieces) {

    /// The rows of a cut among consecutive rows of a file.
    ///
    /// @param cut the position of the cut in [CutPlan#cuts()], from 0
    /// @param file the position of the file in the plan, from 0
    /// @param firstRow the position in the file of the first row that belongs to the cut, from 0
    /// @param rows the number of consecutive rows that are looked at, at least 1
    /// @param selected how many of these rows belong to the cut, at least 1
    public record Piece(int cut, int file, long firstRow, long rows, long selected) {
        public Piece {
            if (cut < 0 || file < 0 || firstRow < 0 || selected < 1 || selected > rows) {
                throw new IllegalArgumentException("a piece of cut %d in file %d: %d of the %d rows from %d on"
                        .formatted(cut, file, selected, rows, firstRow));
            }
        }
    }

    public CutPlan {
        cuts = List.copyOf(cuts);
        pieces = List.copyOf(pieces);
        Set<Integer> seen = new HashSet<>();
        int last = -1;
        for (Piece piece : pieces) {
            if (piece.cut() < last || piece.cut() >= cuts.size()) {
                throw new IllegalArgumentException(
                        "cut %d follows cut %d of %d".formatted(piece.cut(), last, cuts.size()));
            }
            last = piece.cut();
            seen.add(last);
        }
        if (seen.size() != cuts.size()) {
            throw new IllegalArgumentException(
                    "%d of %d cuts have no piece".formatted(cuts.size() - seen.size(), cuts.size()));
        }
    }
}
