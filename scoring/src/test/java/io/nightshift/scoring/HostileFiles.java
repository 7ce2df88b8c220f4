package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.model.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

/// Loads files that may be broken: each is loaded and scores rows, or is refused by a [ModelException] that
/// names it.
public abstract class HostileFiles {

    @TempDir
    protected Path folder;

    /// The texts that rows have, by their numbers. The tests only read them.
    protected static final TextTable TEXTS = texts();

    private static TextTable texts() {
        TextTable table = new TextTable();
        List.of("", "late", "the bag was late, thanks", "İ Σ ß é 😀 日本", " \t a_1 \u0301", "late ".repeat(100))
                .forEach(table::add);
        return table;
    }

    /// Loads the models; overridden where they need a library.
    protected ModelLoader loader() {
        return new ModelLoader();
    }

    protected final Model load(Path file) {
        return loader().load(file);
    }

    /// Alters one byte at a time, anywhere but in the first two, which tell the format.
    protected final void readsOrRefuses(byte[] whole, int times, double value) throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < times; i++) {
            byte[] altered = whole.clone();
            altered[2 + random.nextInt(altered.length - 2)] = (byte) random.nextInt(256);
            scoreOrRefuse(altered, value);
        }
    }

    /// Anything but a [ModelException], or a model without an answer for the rows, fails the test.
    ///
    /// @param value what all features of the rows have
    protected final void scoreOrRefuse(byte[] content, double value) throws IOException {
        scoreOrRefuse(content, value, 20);
    }

    /// @param rows to score, for models that take long for each
    protected final void scoreOrRefuse(byte[] content, double value, int rows) throws IOException {
        Path file = Files.write(folder.resolve("model"), content);
        try {
            Model model = load(file);
            double[][] features = new double[model.description().features().size()][rows];
            for (double[] column : features) {
                Arrays.fill(column, value);
            }
            int outputs = model.description().outputs() + model.description().margins();
            score(model, features, rows, new double[outputs][rows]);
        } catch (ModelException refused) {
            assertThat(refused).hasMessageContaining(file.toString());
        }
    }

    protected final void assertRefused(byte[] content, String... parts) throws IOException {
        Path file = Files.write(folder.resolve("model"), content);
        assertThatThrownBy(() -> load(file))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(file.toString())
                .satisfies(refused -> {
                    for (String part : parts) {
                        assertThat(refused).hasMessageContaining(part);
                    }
                });
    }

    /// Our own file with a right checksum, which an attacker can compute too.
    ///
    /// @param body the file without its checksum
    public static byte[] sealed(byte[] body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            byte[] file = Arrays.copyOf(body, body.length + digest.length);
            System.arraycopy(digest, 0, file, body.length, digest.length);
            return file;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /// A step of an altered pipeline may refuse the rows, as [io.nightshift.scoring.model.Scorer] says.
    private static void score(Model model, double[][] features, int rows, double[][] outputs) {
        try {
            model.scorer(TEXTS).score(features, rows, outputs);
        } catch (IllegalStateException noAnswer) {
            assertThat(noAnswer).hasMessageContaining(" ");
        }
    }
}
