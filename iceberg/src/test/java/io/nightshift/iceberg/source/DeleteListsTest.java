package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.iceberg.source.DeleteLists.Deletes;
import io.nightshift.source.TestData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.io.CloseableIterable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeleteListsTest {

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private TestTable table;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
        table = new TestTable(data, "db.rows", TestTable.schema());
    }

    @AfterEach
    void stop() {
        table.close();
        data.close();
    }

    private DataFile append(int number) {
        return table.append("SELECT 'r%1$d' AS id, %1$d::DOUBLE AS f0 FROM range(3)".formatted(number));
    }

    private DeleteFile key(int number) {
        return table.keys("SELECT 'r%d' AS id".formatted(number), Map.of("id", 1));
    }

    /// The deletes of the data files as a scan has them, by their locations.
    private Map<String, List<DeleteFile>> scan() throws IOException {
        Map<String, List<DeleteFile>> found = new HashMap<>();
        try (CloseableIterable<FileScanTask> tasks = table.table().newScan().planFiles()) {
            tasks.forEach(task -> found.put(task.file().location(), task.deletes()));
        }
        return found;
    }

    private static List<Deletes> entries(Deletes list) {
        List<Deletes> entries = new ArrayList<>();
        for (@Nullable Deletes each = list; each != null; each = each.next()) {
            entries.add(each);
        }
        return entries;
    }

    @Test
    void listsOfFilesOfTheSameAgeAreOne() throws Exception {
        DataFile first = append(0);
        DataFile second = append(1);
        table.delete(key(5), key(6));
        table.delete(table.positions(Map.of(first, List.of(1), second, List.of(2))));
        Map<String, List<DeleteFile>> scan = scan();
        DeleteLists lists = new DeleteLists(table.table());

        Deletes list = lists.of(scan.get(first.location()));

        assertThat(entries(list)).hasSize(3);
        assertThat(list.keys()).isEqualTo(2);
        assertThat(lists.of(scan.get(second.location()))).isSameAs(list);
    }

    /// So that the entries of all lists together are as many as there are files, and not as many as there are
    /// pairs of them.
    @Test
    void theListOfAYoungerFileIsTheEndOfThatOfAnOlderOne() throws Exception {
        List<DataFile> files = new ArrayList<>();
        for (int commit = 0; commit < 5; commit++) {
            files.add(append(commit));
            table.delete(key(10 + commit), table.positions(Map.of(files.getLast(), List.of(1))));
        }
        table.delete(table.positions(Map.of(files.get(1), List.of(2))));
        Map<String, List<DeleteFile>> scan = scan();
        DeleteLists lists = new DeleteLists(table.table());

        List<Deletes> longest = entries(lists.of(scan.get(files.getFirst().location())));

        assertThat(longest).hasSize(11);
        for (int i = 1; i < files.size(); i++) {
            List<Deletes> list = entries(lists.of(scan.get(files.get(i).location())));
            assertThat(list).hasSize(11 - 2 * i);
            assertThat(longest).as("the entries of file %d", i).containsAll(list);
        }
    }

    @Test
    void theDigestIsThatOfTheFilesInWhateverOrder() throws Exception {
        DataFile file = append(0);
        table.delete(key(5), key(6), table.positions(Map.of(file, List.of(1))));
        table.delete(key(7));
        List<DeleteFile> deletes = scan().get(file.location());
        String digest = new DeleteLists(table.table()).of(deletes).text();

        assertThat(new DeleteLists(table.table()).of(deletes.reversed()).text())
                .isEqualTo(digest)
                .matches("[0-9a-f]{32}");
        assertThat(new DeleteLists(table.table()).of(deletes.subList(1, 4)).text())
                .isNotEqualTo(digest);
    }
}
