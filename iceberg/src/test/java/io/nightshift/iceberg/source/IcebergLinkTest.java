package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.lake.InputLink;
import io.nightshift.storage.filesystem.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.junit.jupiter.api.Test;

/// What a table still has of a snapshot that a batch has read.
class IcebergLinkTest extends TableSource {

    private final List<SourceFile> pinned = new ArrayList<>();

    /// Plans a batch over two files, one of which has a deleted row.
    private Job planned() throws Exception {
        DataFile file = table.append(rows(0, 3));
        table.delete(table.positions(Map.of(file, List.of(1))));
        table.append(rows(3, 5));
        Job job = job(input()).build();
        plan(job).stream().map(InspectedFile::file).forEach(pinned::add);
        return job;
    }

    private InputLink link(Job job) {
        return sources.links(job, pinned).getFirst();
    }

    private List<String> problems(Job job) {
        return ((InputLink.Different) link(job)).problems();
    }

    @Test
    void aSnapshotThatTheTableHasIsTheSame() throws Exception {
        Job job = planned();
        table.append(rows(5, 6));

        assertThat(link(job))
                .isInstanceOfSatisfying(
                        InputLink.Same.class,
                        same -> assertThat(same.sentence()).contains("still has the 2 data files"));
    }

    @Test
    void filesThatAConditionRulesOutAreNotMissing() throws Exception {
        table.append(rows(0, 3));
        table.append(rows(3, 5));
        Job job = job(input()).where("f0 > 100").build();
        plan(job).stream().map(InspectedFile::file).forEach(pinned::add);

        assertThat(link(job)).isInstanceOf(InputLink.Same.class);
    }

    @Test
    void filesWhoseRowsAreAllDeletedAreNotMissing() throws Exception {
        DataFile file = table.append(rows(0, 2));
        table.append(rows(2, 3));
        table.delete(table.positions(Map.of(file, List.of(0, 1))));
        Job job = job(input()).build();
        plan(job).stream().map(InspectedFile::file).forEach(pinned::add);

        assertThat(pinned).hasSize(1);
        assertThat(link(job)).isInstanceOf(InputLink.Same.class);
    }

    @Test
    void aFileThatWasNotReadIsAProblem() throws Exception {
        Job job = planned();
        pinned.removeLast();

        assertThat(problems(job)).singleElement().asString().endsWith("which the batch has not read");
    }

    @Test
    void aFileThatTheSnapshotLacksIsAProblem() throws Exception {
        Job job = planned();
        SourceFile last = pinned.getLast();
        pinned.add(new SourceFile(
                "/elsewhere.parquet", last.bytes(), last.modified(), last.rows(), last.tag(), last.schema()));

        assertThat(problems(job)).singleElement().asString().contains("does not have the file /elsewhere.parquet");
    }

    @Test
    void otherRowsAndOtherDeletesAreProblems() throws Exception {
        Job job = planned();
        SourceFile deleted = pinned.stream()
                .filter(file -> String.valueOf(file.schema()).contains("\"deletes\""))
                .findFirst()
                .orElseThrow();
        SourceFile whole =
                pinned.stream().filter(file -> file != deleted).findFirst().orElseThrow();
        pinned.clear();
        pinned.add(new SourceFile(
                deleted.path(),
                deleted.bytes(),
                deleted.modified(),
                deleted.rows(),
                deleted.tag(),
                String.valueOf(deleted.schema()).replaceAll("\"deletes\":\"[^\"]+", "\"deletes\":\"other")));
        pinned.add(new SourceFile(
                whole.path(), whole.bytes(), whole.modified(), whole.rows() + 1, whole.tag(), whole.schema()));

        assertThat(problems(job))
                .anySatisfy(problem -> assertThat(problem).contains("has other deleted rows of the file"))
                .anySatisfy(problem ->
                        assertThat(problem).contains("has 2 rows in the file").endsWith("with 3"))
                .hasSize(2);
    }

    @Test
    void anExpiredSnapshotIsGone() throws Exception {
        Job job = planned();
        table.append(rows(5, 6));
        table.table()
                .expireSnapshots()
                .expireOlderThan(Long.MAX_VALUE)
                .retainLast(1)
                .commit();
        Files.delete(Path.of(pinned.getLast().path()));

        assertThat(link(job))
                .isInstanceOfSatisfying(
                        InputLink.Gone.class,
                        gone -> assertThat(gone.reason())
                                .contains(
                                        "was expired (expire_snapshots); 1 of the 2 data files that the batch has read are still there"));
    }

    @Test
    void anotherTableOfTheSameNameIsAProblem() throws Exception {
        Job job = planned();
        Folders.deleteTree(table.folder().resolve("metadata"));
        table.close();
        use(new TestTable(data, NAME, TestTable.schema()));

        assertThat(problems(job)).singleElement().asString().contains("is another table now");
    }

    @Test
    void aTableThatIsNotThereIsGone() throws Exception {
        Job job = planned();
        Folders.deleteTree(table.folder().resolve("metadata"));

        assertThat(link(job))
                .isInstanceOfSatisfying(
                        InputLink.Gone.class, gone -> assertThat(gone.reason()).contains("there is no table"));
    }

    @Test
    void aTableWithoutASnapshotIsTheSame() {
        Job job = job(input()).build();
        plan(job).stream().map(InspectedFile::file).forEach(pinned::add);

        assertThat(link(job)).isInstanceOf(InputLink.Same.class);
    }
}
