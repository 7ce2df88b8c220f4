package io.nightshift.system.run;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.testing.FlightsJob;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The registered model `delays`, which has two versions.
final class DelaysModel {

    private DelaysModel() {}

    /// The model of the flights, and the same with another base score.
    static void register(Path home) throws Exception {
        ModelRegistry registry = new ModelRegistry(home);
        String file = Files.readString(FlightsJob.example().resolve("flights.ubj"), StandardCharsets.ISO_8859_1);
        for (String version : List.of(file, file.replace("[1.9964166E-1]", "[2.9964166E-1]"))) {
            Path written = Files.writeString(home.resolve("model.ubj"), version, StandardCharsets.ISO_8859_1);
            Model model = new ModelLoader().load(written);
            registry.register(
                    "delays",
                    ModelFile.encode(model),
                    model.description(),
                    () -> new Provenance("model.ubj", "0".repeat(64)));
        }
    }
}
