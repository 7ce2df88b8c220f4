package io.nightshift.coordinator.verification;

import static io.nightshift.coordinator.incremental.ReadFilesContract.file;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.incremental.FileKey;
import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.coordinator.incremental.ReadFilesContract;
import io.nightshift.coordinator.verification.NewFilesCheck.Batch;
import io.nightshift.coordinator.verification.NewFilesCheck.Sum;
import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.protocol.batch.BatchId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NewFilesCheckTest {

    private record Row(FileKey file, Reading reading) {}

    private final Map<BatchId, Batch> batches = new LinkedHashMap<>();
    private final List<Row> rows = new ArrayList<>();

    private static List<FileKey> files(int... numbers) {
        return Arrays.stream(numbers).mapToObj(ReadFilesContract::file).toList();
    }

    private void batch(String id, boolean full, boolean isPublished, int... files) {
        BatchId batch = new BatchId(id);
        batches.put(batch, new Batch(batch, batches.size(), full, isPublished, "plan", Sum.of(files(files))));
        index(id, "plan", isPublished, files);
    }

    private void index(String id, String plan, boolean isPublished, int... files) {
        for (FileKey file : files(files)) {
            rows.add(new Row(file, new Reading(new BatchId(id), plan, isPublished)));
        }
    }

    private Finding prove() {
        List<Finding> findings = new ArrayList<>();
        NewFilesCheck.prove(
                batches,
                visitor -> rows.stream()
                        .sorted((one, other) -> one.file().compareTo(other.file()))
                        .forEach(row -> visitor.accept(row.file(), row.reading())),
                new Check("increment", findings::add));
        return findings.getFirst();
    }

    @BeforeEach
    void twoBatchesAndOneThatStartedOver() {
        batch("a", false, true, 1, 2);
        batch("b", false, true, 3);
        batch("c", true, true, 1, 2, 3, 4);
        batch("d", false, false, 5);
    }

    @Test
    void batchesThatReadEachFileOnceAreProved() {
        // These two do not count: one plan was not persisted, and one batch was cancelled.
        index("a", "other plan", false, 3);
        index("cancelled", "plan", false, 1);

        Finding finding = prove();

        assertThat(finding.outcome()).isEqualTo(Finding.Outcome.PROVED);
        assertThat(finding.detail())
                .isEqualTo(
                        "3 published batches of this source have read 7 files: each in one batch, or again with --full; 1 more are open");
    }

    @Test
    void aFileInTwoBatchesIsAFault() {
        batch("e", false, true, 2);

        assertThat(prove().detail()).isEqualTo("e reads file %s, which a reads, too".formatted(file(2).text()));
    }

    @Test
    void aFileThatNoPublishedBatchHasReadIsAFault() {
        index("lost", "plan", true, 9);

        assertThat(prove().detail())
                .isEqualTo("file %s counts as read by lost, which has not published it".formatted(file(9).text()));
    }

    @Test
    void aFileThatDoesNotCountAsReadIsAFault() {
        rows.removeIf(row -> row.file().equals(file(3)));

        assertThat(prove().detail()).isEqualTo("the files that b reads are not those that count as read by it");
    }
}
