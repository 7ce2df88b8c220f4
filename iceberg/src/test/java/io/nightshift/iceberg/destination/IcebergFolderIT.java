package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.filesystem.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The contract for a catalog that is a folder.
class IcebergFolderIT extends IcebergContract {

    @Override
    CatalogSettings settings() {
        return new CatalogSettings.Folder("lake", warehouse());
    }

    private Path metadata() {
        return warehouse().resolve("db/scores/metadata");
    }

    private List<String> versions() throws Exception {
        try (Stream<Path> files = Files.list(metadata())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".avro"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theVersionsAreNamedAsIcebergsFileSystemCatalogNamesThem() throws Exception {
        publish();

        assertThat(versions()).containsExactly("v1.metadata.json", "v2.metadata.json", "version-hint.text");
        assertThat(metadata().resolve("version-hint.text")).hasContent("2");
    }

    @Test
    void aSupplementOfATableThatWasDroppedIsWithdrawn() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        CommittedBatch supplement = batch.supplement(store(), committed, 2, "nightshift_row = 17");
        Folders.deleteTree(metadata());

        assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue());

        assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                .isEmpty();
    }

    /// What a crash leaves before and after the link.
    @Test
    void theNewestVersionIsFoundWhateverTheHintSays() throws Exception {
        publish();
        for (String hint : List.of("1", "7", "", "no number")) {
            Files.writeString(metadata().resolve("version-hint.text"), hint);
            assertThat(seen()).as(hint).isEqualTo(ALL);
        }
        Files.delete(metadata().resolve("version-hint.text"));
        assertThat(seen()).isEqualTo(ALL);
        Files.writeString(metadata().resolve("nightshift-0.metadata.json"), "{ half");

        store().removal().unpublish(ContractBatch.ID);

        assertThat(seen()).isEqualTo(NOTHING);
        assertThat(metadata().resolve("version-hint.text")).hasContent("3");
    }
}
