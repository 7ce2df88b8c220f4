package io.nightshift.protocol.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PartitionPlanTest {

    /// Row by row: which file's which row is it, and which partition holds it?
    @Property(tries = 300)
    void rangesAndSlicesAreWhatCountingRowByRowGives(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 6) Integer> partitions,
            @ForAll @Size(max = 8) List<@IntRange(min = 0, max = 9) Integer> cuts) {
        long[] sizes = partitions.stream().mapToLong(Integer::longValue).toArray();
        List<SourceFile> files =
                filesOf(partitions.stream().mapToInt(Integer::intValue).sum(), cuts);
        List<String> rows = new ArrayList<>();
        for (SourceFile file : files) {
            for (long row = 0; row < file.rows(); row++) {
                rows.add(file.path() + "#" + row);
            }
        }

        PartitionPlan plan = PartitionPlan.of(sizes);
        PartitionPlan.Index index = plan.index(files);

        assertThat(index.partitions()).isEqualTo(sizes.length).isEqualTo(plan.partitions());
        assertThat(index.rows()).isEqualTo(rows.size()).isEqualTo(plan.rows());
        int from = 0;
        for (int partition = 0; partition < sizes.length; partition++) {
            int to = from + (int) sizes[partition];
            assertThat(index.range(partition)).isEqualTo(new PartitionPlan.Range(from, to - from));
            assertThat(rowsOf(index.slices(partition))).isEqualTo(rows.subList(from, to));
            from = to;
        }
    }

    @Test
    void aMillionEqualPartitionsAreOneRun() {
        long[] sizes = new long[1_000_001];
        Arrays.fill(sizes, 250_000);
        sizes[1_000_000] = 17;

        PartitionPlan plan = PartitionPlan.of(sizes);

        assertThat(plan.runs())
                .containsExactly(new PartitionPlan.Run(250_000, 1_000_000), new PartitionPlan.Run(17, 1));
        PartitionPlan.Index index = plan.index(List.of(file(0, 250_000_000_017L)));
        assertThat(index.range(999_999)).isEqualTo(new PartitionPlan.Range(249_999_750_000L, 250_000));
        assertThat(index.range(1_000_000)).isEqualTo(new PartitionPlan.Range(250_000_000_000L, 17));
    }

    @Test
    void anInputWithoutRowsIsOneEmptySliceOfTheFirstFile() {
        PartitionPlan.Index index = PartitionPlan.of(0).index(List.of(file(0, 0), file(1, 0)));

        assertThat(index.partitions()).isEqualTo(1);
        assertThat(index.rows()).isZero();
        assertThat(index.range(0)).isEqualTo(new PartitionPlan.Range(0, 0));
        assertThat(index.slices(0)).containsExactly(new Slice(file(0, 0), 0, 0));
    }

    @Test
    void anEmptyPartitionIsTheFirst() {
        assertThatThrownBy(() -> PartitionPlan.of(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PartitionPlan.of(5, 0)).isInstanceOf(IllegalArgumentException.class);
        PartitionPlan.Index index = PartitionPlan.of(0, 5).index(List.of(file(0, 0), file(1, 5)));
        assertThat(index.slices(0)).containsExactly(new Slice(file(0, 0), 0, 0));
        assertThat(index.slices(1)).containsExactly(new Slice(file(1, 5), 0, 5));
    }

    @Property
    void thePartsOfAPlanAreThePlan(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 3) Integer> partitions,
            @ForAll @IntRange(min = 0, max = 12) int at) {
        long[] sizes = partitions.stream().mapToLong(Integer::longValue).toArray();
        int cut = Math.min(at, sizes.length);

        PartitionPlan first = PartitionPlan.of(sizes).first(cut);

        assertThat(first).isEqualTo(PartitionPlan.of(Arrays.copyOf(sizes, cut)));
        assertThat(first.plus(PartitionPlan.of(Arrays.copyOfRange(sizes, cut, sizes.length))))
                .isEqualTo(PartitionPlan.of(sizes));
    }

    @Test
    void aPlanThatDoesNotCoverItsFilesIsRefused() {
        assertThatThrownBy(() -> PartitionPlan.of(5, 5).index(List.of(file(0, 11))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the plan covers 10 rows, the files hold 11");
    }

    @Test
    void everyPartitionNamesTheFilesOfLookupsAndNoneHasTheirRows() {
        SourceFile lookup = file(9, 1_000).ofLookup(0);

        PartitionPlan.Index index = PartitionPlan.of(3, 2).index(List.of(file(0, 5), lookup));
        assertThat(index.rows()).isEqualTo(5);
        assertThat(index.slices(0)).containsExactly(new Slice(file(0, 5), 0, 3), new Slice(lookup, 0, 0));
        assertThat(index.slices(1)).containsExactly(new Slice(file(0, 5), 3, 2), new Slice(lookup, 0, 0));
        assertThat(PartitionPlan.of(0).index(List.of(file(0, 0), lookup)).slices(0))
                .as("of an input without rows")
                .containsExactly(new Slice(file(0, 0), 0, 0), new Slice(lookup, 0, 0));
    }

    @Test
    void aPartitionOutsideThePlanIsRefused() {
        PartitionPlan.Index index = PartitionPlan.of(5).index(List.of(file(0, 5)));

        assertThatThrownBy(() -> index.range(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> index.range(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aChangedFileIsRecognisedByItsLengthAndTime() {
        SourceFile file = new SourceFile("/a", 1_000, Instant.parse("2026-01-01T00:00:00Z"), 5, "a1");

        assertThat(file.differences(1_000, Instant.parse("2026-01-01T00:00:00Z")))
                .isEmpty();
        assertThat(file.differences(2_000, Instant.parse("2026-01-02T00:00:00Z")))
                .containsExactly(
                        "its length was 1,000 bytes and is 2,000",
                        "it was last modified at 2026-01-01T00:00:00Z and now at 2026-01-02T00:00:00Z");
    }

    private static List<SourceFile> filesOf(int rows, List<Integer> cuts) {
        List<SourceFile> files = new ArrayList<>();
        int left = rows;
        for (int cut : cuts) {
            int taken = Math.min(cut, left);
            files.add(file(files.size(), taken));
            left -= taken;
        }
        files.add(file(files.size(), left));
        return files;
    }

    private static List<String> rowsOf(List<Slice> slices) {
        List<String> rows = new ArrayList<>();
        for (Slice slice : slices) {
            for (long row = slice.firstRow(); row < slice.endRow(); row++) {
                rows.add(slice.file().path() + "#" + row);
            }
        }
        return rows;
    }

    private static SourceFile file(int number, long rows) {
        return new SourceFile("/" + number + ".parquet", rows * 10, Instant.EPOCH, rows, "");
    }
}
