package io.nightshift.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.CutPlan.Piece;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PlannerTest {

    @Property(tries = 500)
    void partitionsTileTheInputKeepRowGroupsWholeAndAreOfSensibleSize(
            @ForAll @Size(max = 6) List<@Size(max = 6) List<@IntRange(max = 70) Integer>> groups,
            @ForAll @IntRange(min = 1, max = 30) int target) {
        List<InspectedFile> files = new ArrayList<>();
        for (List<Integer> file : groups) {
            files.add(file(file.stream().mapToLong(Integer::longValue).toArray()));
        }
        long rows = files.stream().mapToLong(file -> file.file().rows()).sum();

        PartitionPlan plan = Planner.cut(files, target);

        assertThat(plan.rows()).isEqualTo(rows);
        PartitionPlan.Index index =
                plan.index(files.stream().map(InspectedFile::file).toList());
        NavigableSet<Long> cuts = new TreeSet<>();
        for (int partition = 0; partition < index.partitions(); partition++) {
            PartitionPlan.Range range = index.range(partition);
            cuts.add(range.endRow());
            assertThat(range.rows()).isBetween(rows == 0 ? 0L : 1L, Math.max(target, target * 3L / 2));
            if (partition > 0) {
                long both = index.range(partition - 1).rows() + range.rows();
                assertThat(both).as("two neighbours are more than one").isGreaterThan(target / 2);
            }
        }
        long start = 0;
        for (InspectedFile file : files) {
            for (long group : file.rowGroups()) {
                if (group > 0 && group <= target) {
                    assertThat(cuts.subSet(start, false, start + group, false))
                            .as("a row group of %d rows at %d", group, start)
                            .isEmpty();
                }
                start += group;
            }
        }
    }

    @Test
    void smallFilesAreTakenTogether() {
        List<InspectedFile> files = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            files.add(file(10));
        }

        assertThat(Planner.cut(files, 250).runs()).containsExactly(new PartitionPlan.Run(250, 40));
    }

    @Test
    void aPartitionNamesNoMoreFilesThanFitIntoALease() {
        List<InspectedFile> files = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            files.add(file("/data/" + "d".repeat(i % 200) + ".parquet", 0, 1, 2));
        }
        files.add(file("/data/large.parquet", 100_000, 100_000));

        PartitionPlan plan = Planner.cut(files, 100_000);

        PartitionPlan.Index index =
                plan.index(files.stream().map(InspectedFile::file).toList());
        assertThat(plan.rows()).isEqualTo(230_000);
        List<Integer> bytes = new ArrayList<>();
        for (int partition = 0; partition < index.partitions(); partition++) {
            bytes.add(index.slices(partition).stream()
                    .mapToInt(slice -> WireLimits.sliceBytes(slice.file()))
                    .sum());
        }
        assertThat(bytes).allMatch(size -> size <= WireLimits.SLICES);
        // As few partitions as that needs: the small files in 25, the large one in 2.
        assertThat(bytes.subList(0, 19)).allMatch(size -> size > WireLimits.SLICES - 500);
        assertThat(bytes).hasSizeLessThan(28);
    }

    @Test
    void aLargeRowGroupIsCutIntoEqualPieces() {
        assertThat(Planner.cut(List.of(file(1_000_000)), 250_000).runs())
                .containsExactly(new PartitionPlan.Run(250_000, 4));
        assertThat(Planner.cut(List.of(file(1_048_576)), 250_000).runs())
                .containsExactly(new PartitionPlan.Run(262_144, 4));
        assertThat(Planner.cut(List.of(file(57)), 7).runs())
                .containsExactly(new PartitionPlan.Run(8, 1), new PartitionPlan.Run(7, 7));
    }

    @Test
    void rowGroupsOfAboutTheTargetAreAPartitionEach() {
        assertThat(Planner.cut(List.of(file(122_880, 122_880, 122_880)), 125_000)
                        .runs())
                .containsExactly(new PartitionPlan.Run(122_880, 3));
    }

    @Test
    void anInputWithoutRowsIsOneEmptyPartition() {
        assertThat(Planner.cut(List.of(file(), file(0, 0)), 10)).isEqualTo(PartitionPlan.of(0));
    }

    private static Job.Partitions partitions(int rows, boolean further) {
        return new Job.Partitions(rows, new PartitionKey("k", 9, List.of(), null, "UTC", further, null, null));
    }

    /// Pieces as a scan counts them: of each cut at most an eighth of the wanted rows, anywhere in the files.
    @Property(tries = 500)
    void partitionsOfAKeyAreOfOneCutAndBalanced(
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 3_000) Integer> cutRows,
            @ForAll @IntRange(min = 8, max = 400) int target,
            @ForAll boolean further,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<Piece> pieces = new ArrayList<>();
        List<Cut> cuts = new ArrayList<>();
        long[] fileRows = new long[3];
        for (int rows : cutRows) {
            int file = random.nextInt(3);
            for (int left = rows; left > 0; ) {
                int selected = Math.min(left, 1 + random.nextInt(target / 8));
                int span = selected + random.nextInt(3);
                pieces.add(new Piece(cuts.size(), file, fileRows[file], span, selected));
                fileRows[file] += span;
                left -= selected;
                file = Math.min(2, file + random.nextInt(2));
            }
            cuts.add(new Cut("k = " + cuts.size(), "v" + cuts.size()));
        }
        List<InspectedFile> files = IntStream.range(0, 3)
                .mapToObj(i -> new InspectedFile(
                        new SourceFile("/f" + i, 1, Instant.EPOCH, fileRows[i], ""), List.of(fileRows[i])))
                .toList();

        Planner.KeyedPlan plan = Planner.cut(new CutPlan(cuts, pieces), files, partitions(target, further));

        assertThat(plan.partitions().rows())
                .isEqualTo(cutRows.stream().mapToLong(Integer::longValue).sum());
        List<Long> sizes = new ArrayList<>();
        int piece = 0;
        int cut = -1;
        for (PartitionPlan.Run run : plan.partitions().runs()) {
            for (int i = 0; i < run.count(); i++) {
                long left = run.rows();
                int of = plan.cuts().pieces().get(piece).cut();
                while (left > 0) {
                    assertThat(plan.cuts().pieces().get(piece).cut()).isEqualTo(of);
                    left -= plan.cuts().pieces().get(piece++).selected();
                }
                assertThat(left).isZero();
                if (of != cut) {
                    sizes.clear();
                }
                cut = of;
                sizes.add(run.rows());
                if (further) {
                    assertThat(sizes.getLast()).isLessThan(2L * target);
                    assertThat(2 * Collections.min(sizes)).isGreaterThanOrEqualTo(Collections.max(sizes));
                } else {
                    assertThat(sizes).containsExactly((long) cutRows.get(of));
                }
            }
        }
        assertThat(cut).isEqualTo(cuts.size() - 1);
        assertThat(Planner.cut(new CutPlan(cuts, pieces), files, partitions(target, further)))
                .isEqualTo(plan);
    }

    @Test
    void aPartitionOfAKeyNamesNoMorePiecesThanFitIntoALease() {
        List<Piece> pieces = new ArrayList<>();
        List<InspectedFile> files = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            files.add(file("/data/" + "d".repeat(i % 200) + i + ".parquet", 1));
            pieces.add(new Piece(0, i, 0, 1, 1));
        }
        Cut cut = new Cut("k < 5 AND ".repeat(10) + "TRUE", "v");

        Planner.KeyedPlan plan = Planner.cut(new CutPlan(List.of(cut), pieces), files, partitions(250_000, false));

        PartitionPlan.Index index =
                plan.partitions().index(files.stream().map(InspectedFile::file).toList(), plan.cuts());
        assertThat(index.partitions()).isBetween(10, 30);
        for (int partition = 0; partition < index.partitions(); partition++) {
            assertThat(index.slices(partition).stream()
                            .mapToInt(slice -> WireLimits.sliceBytes(slice.file()) + WireLimits.cutBytes(cut))
                            .sum())
                    .isLessThanOrEqualTo(WireLimits.SLICES);
            assertThat(index.cut(partition)).isEqualTo(cut);
        }
    }

    private static final Cut CUT = new Cut("k = 1", "1");

    private static Planner.KeyedPlan cut(List<InspectedFile> files, int target, boolean further, Piece... pieces) {
        return Planner.cut(new CutPlan(List.of(CUT), List.of(pieces)), files, partitions(target, further));
    }

    @Test
    void aPartitionOfAKeyEndsBeforeThePieceIfBothEndsAreAsNear() {
        assertThat(cut(
                                List.of(file(4)),
                                2,
                                true,
                                new Piece(0, 0, 0, 1, 1),
                                new Piece(0, 0, 1, 2, 2),
                                new Piece(0, 0, 3, 1, 1))
                        .partitions())
                .isEqualTo(PartitionPlan.of(1, 3));
    }

    @Test
    void piecesBecomeOneUnlessAWholeRowGroupLiesBetweenThem() {
        List<InspectedFile> groups = List.of(file(10, 10, 10, 10));

        assertThat(cut(groups, 100, false, new Piece(0, 0, 10, 10, 4), new Piece(0, 0, 20, 10, 3))
                        .cuts()
                        .pieces())
                .containsExactly(new Piece(0, 0, 10, 20, 7));
        assertThat(cut(groups, 100, false, new Piece(0, 0, 0, 10, 4), new Piece(0, 0, 20, 10, 3))
                        .cuts()
                        .pieces())
                .hasSize(2);
        assertThat(cut(List.of(file(40)), 100, false, new Piece(0, 0, 0, 30, 4), new Piece(0, 0, 10, 5, 3))
                        .cuts()
                        .pieces())
                .as("one that ends within the other")
                .containsExactly(new Piece(0, 0, 0, 30, 7));
    }

    @Test
    void aPartitionMayFillALease() {
        int files = 512;
        int each = WireLimits.SLICES / files;
        int more = each - WireLimits.sliceBytes(file("", 1).file());
        InspectedFile file = file("d".repeat(more), 1);
        assertThat(Planner.cut(Collections.nCopies(files + 1, file), 1_000)).isEqualTo(PartitionPlan.of(files, 1));

        InspectedFile ofKey = file("d".repeat(more - WireLimits.cutBytes(CUT)), 1);
        Piece[] pieces = IntStream.rangeClosed(0, files)
                .mapToObj(i -> new Piece(0, i, 0, 1, 1))
                .toArray(Piece[]::new);
        assertThat(cut(Collections.nCopies(files + 1, ofKey), 1_000, false, pieces)
                        .partitions())
                .isEqualTo(PartitionPlan.of(files, 1));
    }

    @Test
    void aJobWithAKeyHasAMillionPartitionsAtMost() {
        List<InspectedFile> files = List.of(file(1));
        Piece[] most = Collections.nCopies(1_000_000, new Piece(0, 0, 0, 1, 1)).toArray(Piece[]::new);
        Piece[] tooMany = Arrays.copyOf(most, most.length + 1);
        tooMany[most.length] = most[0];

        assertThat(cut(files, 1, true, most).partitions().runs()).containsExactly(new PartitionPlan.Run(1, 1_000_000));
        assertThatThrownBy(() -> cut(files, 1, true, tooMany))
                .hasMessage(
                        "the plan has 1,000,001 partitions, and a batch can have at most 1,000,000. Divide partitions.by more coarsely");
    }

    private static InspectedFile file(long... groups) {
        return file("/data/a.parquet", groups);
    }

    private static InspectedFile file(String path, long... groups) {
        long rows = java.util.Arrays.stream(groups).sum();
        return new InspectedFile(
                new SourceFile(path, rows, Instant.EPOCH, rows, ""),
                java.util.Arrays.stream(groups).boxed().toList());
    }
}
