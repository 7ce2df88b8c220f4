package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.destination.TableTrace;
import io.nightshift.destination.TableTrace.Batch;
import io.nightshift.destination.TableTrace.Counts;
import io.nightshift.destination.TableTrace.Part;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.source.TestData;
import io.nightshift.source.kinds.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the log of a Delta table says of where its files come from.
class DeltaTraceTest {

    private static final String BATCH = "flights-20261124t231425-3f9a";

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private TestTable table;
    private Sources sources;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
        table = new TestTable(data, "table").column("id", "string").column("batch_id", "string");
        table.partitions.add("batch_id");
        table.create();
        sources = new Sources(() -> data.duckDb);
    }

    @AfterEach
    void stop() {
        sources.close();
        data.close();
    }

    private Path file(String name, int rows) {
        return table.parquet(name, "SELECT 'r' || i AS id FROM range(%d) t(i)".formatted(rows), "");
    }

    private static ObjectNode said(int supplement) {
        ObjectNode said = JsonNodeFactory.instance
                .objectNode()
                .put("nightshift.batch", BATCH)
                .put("nightshift.model", "flights@3")
                .put("nightshift.model-sha256", "ab");
        return supplement == 0 ? said : said.put("nightshift.supplement", String.valueOf(supplement));
    }

    /// Commits a file of the batch as Nightshift does.
    private Path publish(int supplement, boolean hasTags) {
        Path file = file("nightshift/batch=%s/part-%d.parquet".formatted(BATCH, supplement), 3);
        ObjectNode add = table.add(file, Map.of("batch_id", BATCH));
        if (hasTags) {
            ((ObjectNode) add.get("add")).set("tags", said(supplement));
        }
        ObjectNode info =
                JsonNodeFactory.instance.objectNode().put("timestamp", 1_000L).put("operation", "WRITE");
        info.set("operationParameters", said(supplement));
        table.commit(TestTable.action("commitInfo", info), add);
        return file;
    }

    private TableTrace trace(@Nullable String version) {
        return TableTrace.of(
                Objects.requireNonNull(sources.lake(new DeltaInput(table.folder.toString(), version, null))));
    }

    @Test
    void aBatchAndItsSupplementAreTwoCommits() {
        publish(0, true);
        publish(1, true);

        TableTrace trace = trace(null);

        assertThat(trace.others()).isEmpty();
        assertThat(trace.batches()).hasSize(1);
        Batch batch = trace.batches().getFirst();
        assertThat(batch.counts()).isEqualTo(new Counts(2, 6, 0));
        assertThat(batch.parts()).extracting(Part::supplement).containsExactly(0, 1);
        assertThat(batch.parts())
                .extracting(part -> Objects.requireNonNull(part.commit()).snapshot())
                .containsExactly("1", "2");
        assertThat(batch.properties()).containsEntry("nightshift.model", "flights@3");
        assertThat(batch.gone()).isEmpty();
        assertThat(trace("1").batches().getFirst().counts()).isEqualTo(new Counts(1, 3, 0));
    }

    @Test
    void theTagsSayItWhenTheLogIsCleanedUp() throws Exception {
        publish(0, true);
        table.append("SELECT 'x' AS id", Map.of("batch_id", "mine"));
        String text = table.text(1);
        Files.writeString(
                table.log(1),
                text.lines().filter(line -> !line.contains("commitInfo")).reduce("", (a, b) -> a + b + "\n"));

        TableTrace trace = trace(null);

        assertThat(trace.batches().getFirst().gone())
                .containsExactly("The commit that has added the batch is not in the log any more (log cleanup)");
        assertThat(trace.batches().getFirst().properties()).containsEntry("nightshift.model", "flights@3");
        assertThat(trace.others()).hasSize(1);
        assertThat(trace.others().getFirst().batch()).isEqualTo("mine");
    }

    @Test
    void theCommitSaysItWhenTheTagsAreLost() throws Exception {
        Path file = publish(0, false);
        table.delete(file, table.stored(new UUID(1, 2), 1));

        Batch batch = trace(null).batches().getFirst();

        assertThat(batch.counts()).isEqualTo(new Counts(1, 3, 1));
        assertThat(batch.properties()).containsEntry("nightshift.model", "flights@3");
        assertThat(Objects.requireNonNull(batch.parts().getFirst().commit()).snapshot())
                .isEqualTo("1");
        assertThat(batch.gone())
                .containsExactly("Files of the batch have lost their tags: another program has added them again");
    }

    @Test
    void withoutTagsAndCommitThePlaceNamesTheBatch() throws Exception {
        publish(0, false);
        Files.writeString(table.log(1), table.text(1).replaceAll("(?m)^.*commitInfo.*\n", ""));

        assertThat(trace(null).batches().getFirst().gone())
                .contains("So the table does not say any more what the rows come from. The ledger and the manifest do");
    }

    @Test
    void aCompactionOfAnotherProgramIsNotTheBatch() {
        Path file = publish(0, true);
        Path compacted = file("compacted.parquet", 3);
        table.commit(table.remove(file), table.add(compacted, Map.of("batch_id", BATCH)));

        TableTrace trace = trace(null);

        assertThat(trace.batches().getFirst().counts()).isEqualTo(new Counts(0, 0, 0));
        assertThat(trace.batches().getFirst().gone())
                .containsExactly(
                        "Readers find none of the files of the batch: another program has rewritten or deleted them",
                        "A file with the ID of the batch is that of another program");
        assertThat(trace.others().getFirst().counts()).isEqualTo(new Counts(1, 3, 0));
        assertThat(trace("1").batches().getFirst().gone()).isEmpty();
    }

    @Test
    void aTableOfAnotherProgramIsNotOurs() {
        table.append("SELECT 'x' AS id", Map.of("batch_id", "mine"));

        assertThat(trace(null).isOurs()).isFalse();
    }

    @Test
    void aVersionThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> trace("7")).hasMessageContaining("there is no version 7 of the Delta table");
    }
}
