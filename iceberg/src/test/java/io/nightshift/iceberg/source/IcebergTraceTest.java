package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.source.lake.FileOrigin;
import io.nightshift.source.lake.LakeHistory;
import io.nightshift.source.lake.LakeTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the metadata of an Iceberg table says of where its files come from.
class IcebergTraceTest extends TableSource {

    private static final Schema SCHEMA = new Schema(
            Types.NestedField.optional(1, "id", Types.StringType.get()),
            Types.NestedField.optional(2, "batch_id", Types.StringType.get()));

    private final List<FileOrigin> files = new ArrayList<>();

    @BeforeEach
    void partition() {
        use(SCHEMA, PartitionSpec.builderFor(SCHEMA).identity("batch_id").build(), 2);
    }

    private DataFile file(String batch, int rows) {
        return table.file(
                table.parquet("SELECT 'r' || i AS id, '%s' AS batch_id FROM range(%d) t(i)".formatted(batch, rows)),
                "batch_id=" + batch);
    }

    private DataFile publish(String batch, int rows) {
        DataFile file = file(batch, rows);
        table.table()
                .newFastAppend()
                .appendFile(file)
                .set("nightshift.batch", batch)
                .commit();
        return file;
    }

    private LakeHistory trace(@Nullable String snapshot, @Nullable String ref) {
        files.clear();
        LakeTable found = Objects.requireNonNull(
                sources.lake(new IcebergInput(TestTable.CATALOG, table.table().name(), snapshot, ref, null)));
        return found.trace(files::add);
    }

    private String current() {
        return String.valueOf(table.table().currentSnapshot().snapshotId());
    }

    @Test
    void aFileNamesTheSnapshotThatAddedIt() {
        publish("a", 3);
        String first = current();
        table.append(file("a", 2));
        String second = current();

        LakeHistory history = trace(null, null);

        assertThat(history.snapshot().pin().snapshot()).isEqualTo(second);
        assertThat(files)
                .extracting(
                        FileOrigin::batch,
                        FileOrigin::rows,
                        file -> Objects.requireNonNull(file.commit()).snapshot(),
                        file -> Objects.requireNonNull(file.commit())
                                .properties()
                                .get("nightshift.batch"))
                .containsExactlyInAnyOrder(tuple("a", 3L, first, "a"), tuple("a", 2L, second, null));
    }

    @Test
    void anEarlierSnapshotHasNeitherLaterFilesNorLaterCommits() {
        publish("a", 3);
        String first = current();
        table.table().manageSnapshots().createTag("then", Long.parseLong(first)).commit();
        publish("b", 4);

        assertThat(trace(first, null).commits()).hasSize(1);
        assertThat(files).extracting(FileOrigin::batch).containsExactly("a");
        trace(null, "then");
        assertThat(files).extracting(FileOrigin::batch).containsExactly("a");
    }

    @Test
    void anExpiredSnapshotIsNoCommitOfItsFiles() {
        publish("a", 3);
        publish("b", 4);
        table.table()
                .expireSnapshots()
                .expireOlderThan(System.currentTimeMillis() + 1)
                .retainLast(1)
                .commit();

        trace(null, null);

        assertThat(files)
                .filteredOn(file -> file.commit() == null)
                .extracting(FileOrigin::batch)
                .containsExactly("a");
        assertThat(files).hasSize(2);
    }

    @Test
    void aCompactedFileIsThatOfTheCompaction() {
        DataFile file = publish("a", 3);
        DataFile compacted = file("a", 3);
        table.table().newRewrite().deleteFile(file).addFile(compacted).commit();

        trace(null, null);

        assertThat(files).hasSize(1).allSatisfy(each -> {
            assertThat(Objects.requireNonNull(each.commit()).operation()).isEqualTo("replace");
            assertThat(each.commit().properties()).doesNotContainKey("nightshift.batch");
        });
    }

    @Test
    void aTableWithoutSnapshotHasNoFiles() {
        assertThat(trace(null, null).snapshot().pin().isEmpty()).isTrue();
        assertThat(files).isEmpty();
    }

    @Test
    void whatIsNotThereIsNamed() {
        publish("a", 3);

        assertThatThrownBy(() -> trace("12", null))
                .hasMessageContaining("there is no snapshot 12 of the table db.other");
        assertThatThrownBy(() -> trace(null, "gone")).hasMessageContaining("no branch or tag \"gone\"; it has main");
        assertThatThrownBy(() -> Objects.requireNonNull(sources.lake(new IcebergInput(TestTable.CATALOG, "db.gone")))
                        .trace(files::add))
                .hasMessageContaining("there is no table db.gone in catalog lake");
    }
}
