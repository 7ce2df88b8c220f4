package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The messages of the loader about files that it cannot load.
class ModelLoaderTest extends HostileFiles {

    @ParameterizedTest
    @CsvSource({
        "'tree\nversion=v4\n',      no «feature_names»",
        "'tree\nversion=v9\n',      format version v9",
        "'tree\r\n\r\nversion=v4\n', no «version»",
        "'',                        empty",
        "'hello, world',            not known",
        "'{\"a\": 1}',              learner",
        "'{\"a\": }',               not valid JSON",
        "'[1, 2]',                  not known",
        "'binf0000',                old binary format"
    })
    void anotherFormatIsRefusedByName(String content, String found) throws IOException {
        assertRefused(content.getBytes(StandardCharsets.UTF_8), found);
    }

    @Test
    void aMissingFileAndADirectoryAreNamed() {
        assertThatThrownBy(() -> load(folder.resolve("none")))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("none")
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> load(folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("directory");
    }
}
