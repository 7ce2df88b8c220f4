package io.nightshift.cli.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The man pages and completions of the distribution.
final class WriteReferenceTest {

    @TempDir
    private Path folder;

    private Map<String, String> written(String name) throws IOException {
        Path share = folder.resolve(name);
        WriteReference.write(share, "1.2.3");
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(share)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                files.put(share.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    @Test
    void everyCommandHasAManPageAndEveryShellItsScript() throws IOException {
        assertThat(written("share"))
                .containsKeys(
                        "man/man1/nightshift.1",
                        "man/man1/nightshift-run.1",
                        "man/man1/nightshift-batch.1",
                        "man/man1/nightshift-batch-head.1",
                        "man/man1/nightshift-model-train.1",
                        "bash-completion/completions/nightshift",
                        "zsh/site-functions/_nightshift",
                        "fish/vendor_completions.d/nightshift.fish");
    }

    @Test
    void aManPageHasTheUsualSections() throws IOException {
        assertThat(written("share").get("man/man1/nightshift-batch-head.1"))
                .contains(".TH \"NIGHTSHIFT\\-BATCH\\-HEAD\" \"1\" \"\" \"nightshift 1.2.3\" \"Nightshift\"\n")
                .contains(".SH NAME\nnightshift\\-batch\\-head \\- Shows the first predictions of a published batch\n")
                .contains("nightshift batch head BATCH [\\-n N]")
                .contains(".TP\n.B \\-n, \\-\\-rows N\n")
                .contains(".SH EXIT STATUS\n.TP\n.B 0\n")
                .endsWith(".SH SEE ALSO\n.BR nightshift\\-batch (1)\n");
    }

    @Test
    void theSameCommandsGiveTheSameFiles() throws IOException {
        assertThat(written("one")).isEqualTo(written("other"));
    }
}
