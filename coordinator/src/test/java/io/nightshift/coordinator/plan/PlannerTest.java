package io.nightshift.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
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
        // As few partitions as that needs: the small files in 23, the large one in 2.
        assertThat(bytes.subList(0, 19)).allMatch(size -> size > WireLimits.SLICES - 500);
        assertThat(bytes).hasSizeLessThan(27);
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
