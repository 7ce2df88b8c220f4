package io.nightshift.coordinator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PlanExtensionTest {

    private static final InspectedFile A = file("/a", "1", 10, 10);
    private static final InspectedFile B = file("/b", "1", 10, 4);
    private static final InspectedFile C = file("/c", "1", 3);
    private static final List<SourceFile> PINNED = List.of(A.file(), B.file());
    private static final PartitionPlan PLAN = Planner.cut(List.of(A, B), 10);

    private static InspectedFile file(String path, String tag, long... groups) {
        List<Long> list = new ArrayList<>();
        long rows = 0;
        for (long group : groups) {
            list.add(group);
            rows += group;
        }
        return new InspectedFile(new SourceFile(path, 100, Instant.EPOCH, rows, tag), list);
    }

    private static InspectedFile readWith(InspectedFile file, String schema) {
        SourceFile pin = file.file();
        return new InspectedFile(
                new SourceFile(pin.path(), pin.bytes(), pin.modified(), pin.rows(), pin.tag(), schema),
                file.rowGroups());
    }

    private static PlanExtension extension(Set<Integer> committed, InspectedFile... found) {
        return PlanExtension.of(PINNED, PLAN, committed::contains, List.of(found), 10);
    }

    @Test
    void aNewFileFollowsEvenIfItsNameIsBeforeTheOthers() {
        InspectedFile first = file("/0", "1", 9, 2);

        assertThat(extension(Set.of(0, 1, 2, 3), first, A, B))
                .isEqualTo(new PlanExtension.Extended(2, 4, List.of(first.file()), PartitionPlan.of(9, 2), null));
    }

    @Test
    void anInputThatHasNotChangedAddsNothing() {
        assertThat(extension(Set.of(1), A, B))
                .isEqualTo(new PlanExtension.Extended(2, 4, List.of(), new PartitionPlan(List.of()), null));
    }

    @Test
    void aFileThatNewFilesGiveOtherTypesIsCutAnewOrRefused() {
        InspectedFile typed = readWith(B, "DOUBLE");
        String reason =
                "/b is read with other columns or types than before, because the other files of the source have changed";

        assertThat(extension(Set.of(0, 1), A, typed, C))
                .isInstanceOfSatisfying(
                        PlanExtension.Extended.class,
                        extended -> assertThat(extended.dropped()).isEqualTo(reason));
        assertThat(extension(Set.of(2), A, typed, C))
                .isEqualTo(new PlanExtension.Refused(
                        reason + ", and partition 2, which has rows of this file or of one after it, is committed"));
    }

    @Test
    void aNewFileWithoutRowsHasNoPartition() {
        for (InspectedFile empty : List.of(file("/c", "1"), file("/c", "1", 0))) {
            assertThat(extension(Set.of(), A, B, empty))
                    .isEqualTo(new PlanExtension.Extended(
                            2, 4, List.of(empty.file()), new PartitionPlan(List.of()), null));
        }
    }

    @Test
    void aChangedFileIsCutAnewIfNothingFromThereOnIsCommitted() {
        InspectedFile changed = file("/b", "2", 6);

        assertThat(extension(Set.of(0, 1), A, changed, C))
                .isEqualTo(
                        new PlanExtension.Extended(
                                1,
                                2,
                                List.of(changed.file(), C.file()),
                                PartitionPlan.of(9),
                                "/b has changed: its content is different, although its length and modification time are the same"));
    }

    @Test
    void aCommittedFileThatHasChangedOrVanishedIsRefused() {
        assertThat(extension(Set.of(3), A, file("/b", "2", 10, 4)))
                .isEqualTo(
                        new PlanExtension.Refused(
                                "/b has changed: its content is different, although its length and modification time are the same, and partition 3, which has rows of this file or of one after it, is committed"));
        assertThat(extension(Set.of(3), B))
                .as("a file before a committed one")
                .isEqualTo(
                        new PlanExtension.Refused(
                                "/a is no longer in the source, and partition 3, which has rows of this file or of one after it, is committed"));
    }

    /// A partition that has rows of two files is cut anew if the second is dropped, and loses no row of the first.
    @Test
    void theRowsOfAKeptFileThatNoKeptPartitionHasAreCutAnew() {
        List<InspectedFile> small = List.of(file("/a", "1", 4, 3), file("/b", "1", 2));
        PartitionPlan plan = Planner.cut(small, 5);
        assertThat(plan).isEqualTo(PartitionPlan.of(4, 5));
        InspectedFile first = small.getFirst();

        PlanExtension extension = PlanExtension.of(
                List.of(first.file(), small.getLast().file()), plan, partition -> partition == 0, List.of(first, C), 5);

        assertThat(extension)
                .isEqualTo(new PlanExtension.Extended(
                        1, 1, List.of(C.file()), PartitionPlan.of(3, 3), "/b is no longer in the source"));
    }

    @Property(tries = 2000)
    void everyRowIsInOnePartitionAndCommittedOnesKeepTheirRows(
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 0, max = 12) Integer> before,
            @ForAll @Size(max = 4) List<@IntRange(min = 0, max = 12) Integer> added,
            @ForAll @IntRange(min = 1, max = 8) int target,
            @ForAll @Size(max = 3) List<@IntRange(min = 0, max = 4) Integer> changed,
            @ForAll @Size(max = 3) List<@IntRange(min = 0, max = 4) Integer> removed,
            @ForAll @Size(max = 6) Set<@IntRange(min = 0, max = 20) Integer> committed) {
        List<InspectedFile> pinned = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            pinned.add(grouped("/m" + i, "1", before.get(i)));
        }
        List<InspectedFile> found = new ArrayList<>();
        for (int i = 0; i < pinned.size(); i++) {
            if (changed.contains(i)) {
                found.add(grouped("/m" + i, "2", before.get(i) + 1));
            } else if (!removed.contains(i)) {
                found.add(pinned.get(i));
            }
        }
        for (int i = 0; i < added.size(); i++) {
            found.add(
                    i % 2 == 0 ? 0 : found.size(),
                    grouped("/%s%d".formatted(i % 2 == 0 ? "a" : "z", i), "1", added.get(i)));
        }
        if (found.isEmpty()) {
            found.add(file("/z", "1", 1));
        }
        List<SourceFile> files = pinned.stream().map(InspectedFile::file).toList();
        PartitionPlan plan = Planner.cut(pinned, target);
        PartitionPlan.Index old = plan.index(files);

        PlanExtension extension = PlanExtension.of(files, plan, committed::contains, found, target);

        switch (extension) {
            case PlanExtension.Refused refused ->
                assertThat(files.stream().allMatch(file -> contains(found, file)))
                        .as("only a change is refused")
                        .isFalse();
            case PlanExtension.Extended extended -> {
                List<SourceFile> all = new ArrayList<>(files.subList(0, extended.keptFiles()));
                all.addAll(extended.files());
                PartitionPlan.Index index = plan.first(extended.keptPartitions())
                        .plus(extended.partitions())
                        .index(all);
                assertThat(new HashSet<>(all))
                        .hasSameSizeAs(all)
                        .isEqualTo(new HashSet<>(
                                found.stream().map(InspectedFile::file).toList()));
                assertThat(rows(index)).isEqualTo(rowsOf(all));
                for (int partition : new TreeSet<>(committed)) {
                    if (partition < old.partitions()) {
                        assertThat(partition).isLessThan(extended.keptPartitions());
                    }
                }
                for (int partition = 0; partition < extended.keptPartitions(); partition++) {
                    assertThat(index.range(partition)).isEqualTo(old.range(partition));
                    assertThat(index.slices(partition)).isEqualTo(old.slices(partition));
                }
            }
        }
    }

    private static InspectedFile grouped(String path, String tag, int rows) {
        return rows > 5 ? file(path, tag, 5, rows - 5) : rows > 0 ? file(path, tag, rows) : file(path, tag);
    }

    private static boolean contains(List<InspectedFile> found, SourceFile file) {
        return found.stream().anyMatch(other -> other.file().equals(file));
    }

    /// How often each row is in a partition.
    private static Map<String, Integer> rows(PartitionPlan.Index index) {
        Map<String, Integer> rows = new HashMap<>();
        for (int partition = 0; partition < index.partitions(); partition++) {
            for (Slice slice : index.slices(partition)) {
                for (long row = slice.firstRow(); row < slice.endRow(); row++) {
                    rows.merge(slice.file().path() + slice.file().tag() + "#" + row, 1, Integer::sum);
                }
            }
        }
        return rows;
    }

    private static Map<String, Integer> rowsOf(List<SourceFile> files) {
        Map<String, Integer> rows = new HashMap<>();
        for (SourceFile file : files) {
            for (long row = 0; row < file.rows(); row++) {
                rows.put(file.path() + file.tag() + "#" + row, 1);
            }
        }
        return rows;
    }
}
