package io.nightshift.coordinator.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The promises that need a second process.
@Timeout(300)
class ModelRegistryProcessIT {

    @TempDir
    Path home = Path.of("");

    @Test
    void twoProcessesRegisteringAtOnceGetTwoVersions() throws Exception {
        Process first = start("first", 20);
        Process second = start("second", 20);

        assertThat(first.waitFor()).isZero();
        assertThat(second.waitFor()).isZero();
        assertWhole(40);
    }

    @Test
    void aKilledRegistrationLeavesNothingOrACompleteVersion() throws Exception {
        Random random = new Random(1);
        int before = 0;
        for (int round = 0; round < 6; round++) {
            Process process = start("round " + round, 100_000);
            while (process.isAlive() && versions() == before) {
                Thread.onSpinWait();
            }
            assertThat(process.waitFor(random.nextInt(100), TimeUnit.MILLISECONDS))
                    .isFalse();
            process.destroyForcibly().waitFor();
            before = versions();
            assertWhole(before);
        }
        assertThat(before).isGreaterThanOrEqualTo(6);

        ModelRegistry registry = new ModelRegistry(home);
        assertThat(Registrar.register(registry, "after the crashes").version().version())
                .isEqualTo(before + 1);
        assertThat(home.resolve("models")).isDirectoryNotContaining("glob:**.new-*");
    }

    private int versions() {
        return new ModelRegistryFolder(home).versions("delays").size();
    }

    private void assertWhole(int versions) {
        if (versions == 0) {
            return;
        }
        ModelRegistry registry = new ModelRegistry(home);
        List<RegisteredModel> models = registry.list().getFirst().versions();
        assertThat(models).hasSize(versions);
        for (int i = 0; i < versions; i++) {
            assertThat(models.get(i).version().version()).isEqualTo(i + 1);
            assertThat(registry.path(models.get(i).version()))
                    .hasSize(models.get(i).size());
        }
    }

    private Process start(String label, int count) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Registrar.class.getName(),
                        home.toString(),
                        label,
                        String.valueOf(count))
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile(home, "process", ".log").toFile())
                .start();
    }

    /// The second process: registers models of different content, one after the other.
    static final class Registrar {

        private static final ModelDescription DESCRIPTION = new ModelDescription(
                "smile",
                "RandomForest",
                Task.REGRESSION,
                List.of(new ModelFeature(null, new FeatureType.Numeric(FeatureType.Precision.FLOAT64), false)),
                List.of(),
                Map.of());

        private Registrar() {}

        public static void main(String[] arguments) {
            ModelRegistry registry = new ModelRegistry(Path.of(arguments[0]));
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                register(registry, arguments[1] + " " + i);
            }
        }

        static RegistrationResult register(ModelRegistry registry, String content) {
            byte[] bytes = content.repeat(1000).getBytes(StandardCharsets.UTF_8);
            return registry.register("delays", bytes, DESCRIPTION, () -> new Provenance("delays.ser", "0".repeat(64)));
        }
    }
}
