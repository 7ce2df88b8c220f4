package io.nightshift.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.testing.FlightsJob;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The models that submissions have named lately.
final class ParsedModelsTest {

    private static final FileTime TIME = FileTime.from(Instant.parse("2026-11-01T00:00:00Z"));

    private final ParsedModels models = new ParsedModels();

    @TempDir
    private Path folder;

    private Path write(String content) throws Exception {
        Path file = Files.writeString(folder.resolve("model.txt"), content);
        Files.setLastModifiedTime(file, TIME);
        return file;
    }

    @Test
    void theSameContentIsParsedOnce() throws Exception {
        Path example = FlightsJob.example().resolve("flights.ubj");
        Path copy = Files.copy(example, folder.resolve("copy"));

        Model model = models.load(example);

        assertThat(models.load(example)).isSameAs(model);
        assertThat(models.load(copy)).isSameAs(model);
    }

    @Test
    void aFileOfTheSameSizeAndTimeIsParsedAgainIfItsContentIsAnother() throws Exception {
        Path storms = FlightsJob.example().resolveSibling("storms/storms.lightgbm");
        String content = Files.readString(storms);
        Model model = models.load(write(content));

        Path file = write(content.replaceFirst("shrinkage=0.05", "shrinkage=0.06"));

        assertThat(Files.size(file)).isEqualTo(Files.size(storms));
        assertThat(models.load(file)).isNotSameAs(model);
        assertThat(models.load(write(content))).as("the first content again").isSameAs(model);
    }

    @Test
    void aMissingOrBrokenFileIsReportedEachTime() throws Exception {
        Path broken = Files.writeString(folder.resolve("broken"), "{}");

        for (int time = 0; time < 2; time++) {
            assertThatThrownBy(() -> models.load(folder.resolve("none"))).isInstanceOf(FailureException.class);
            assertThatThrownBy(() -> models.load(broken)).isInstanceOf(FailureException.class);
        }
    }

    @Test
    void aFileThatCannotBeAModelIsRefusedWithoutReadingIt() throws Exception {
        Path large = folder.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(ModelLoader.MAX_BYTES + 1L);
        }
        Path device = Path.of("/dev/zero");
        assumeThat(device).exists();

        assertThat(ParsedModels.digest(large)).isNull();
        assertThat(ParsedModels.digest(device)).isNull();
        assertThatThrownBy(() -> models.load(large)).isInstanceOf(FailureException.class);
        assertThatThrownBy(() -> models.load(device)).hasMessageContaining("it is not a regular file");
    }
}
