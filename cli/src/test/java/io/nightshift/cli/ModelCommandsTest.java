package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands `model show` and `model import`.
final class ModelCommandsTest {

    private static final ModelFeature AGE =
            new ModelFeature("age", new FeatureType.Numeric(FeatureType.Precision.FLOAT64), false);

    @TempDir
    private Path home;

    @Test
    void aModelIsShownWithItsKernelAndTheReasonForIt() {
        model("import", FlightsJob.example().resolve("flights.ubj").toString());

        assertThat(model("show", "flights").out())
                .contains("algorithm   gbtree")
                .contains("kernel      bit-sliced, 64 rows at a time: no tree is deeper than 8 levels")
                .containsPattern("0 +month +number \\(float32\\)");
    }

    @Test
    void theColumnsOfTheListAreAsWideAsTheirWidestText() {
        String file = FlightsJob.example().resolve("flights.ubj").toString();
        String longName = "a-name-of-sixty-three-letters-is-the-longest-that-a-model-can-ha";
        model("import", file);
        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "import",
                        file,
                        "--name",
                        longName.substring(0, 63),
                        "--home",
                        home.toString())
                .expect(0);

        List<String> lines = CommandResult.of(Main.commandLine(), "model", "list", "--home", home.toString())
                .expect(0)
                .out()
                .lines()
                .toList();

        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).matches("MODEL +ALGORITHM +TASK +FEATURES +REGISTERED +ALIASES");
        assertThat(lines).extracting(line -> line.indexOf("gbtree")).containsExactly(-1, 67, 67);
        assertThat(lines.getLast()).doesNotContain(" ".repeat(80)).contains("flights@1 ");
    }

    @Test
    void theStepsOfAPipelineArePrintedAsSqlAndTheOthersWritten() {
        Path file = Path.of("../scoring/src/test/resources/sklearn/kept-pipeline.json");
        Path rest = home.resolve("rest.model");

        CommandResult printed = model("sql", file.toString(), "--rest", rest.toString());

        assertThat(printed.out())
                .contains("# These steps stay in the model " + rest)
                .contains("model: \"" + rest + "\"\nsource:\n  select:\n    \"")
                .contains("coalesce(nullif(CAST(");
        List<String> columns = printed.out()
                .lines()
                .filter(line -> line.startsWith("    \""))
                .map(line -> line.substring(5, line.indexOf('"', 5)))
                .toList();
        assertThat(Model.load(rest).description().features())
                .extracting(ModelFeature::name)
                .containsAll(columns);
        model("import", file.toString(), "--name", "pipeline");
        assertThat(model("sql", "pipeline").out())
                .contains("which --rest FILE writes")
                .contains(columns.getFirst());
    }

    @Test
    void aModelWithoutStepsHasNoSql() {
        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "sql",
                        FlightsJob.example().resolve("flights.ubj").toString())
                .expect(2, "the model has no steps before it: it is gbtree");
    }

    /// ONNX Runtime is not a library of the program or of these tests.
    @Test
    void aGraphThatNeedsOnnxRuntimeIsRefusedWithWhatToDo() throws IOException {
        byte[] graphOfOneNegation = HexFormat.of().parseHex("08083a120a0b0a017812017922034e65675a030a0178");
        Path file = Files.write(home.resolve("graph.onnx"), graphOfOneNegation);

        CommandResult.of(Main.commandLine(), "model", "import", file.toString(), "--home", home.toString())
                .expect(2, "graph.onnx is refused", "operator Neg", "tools/get-onnxruntime.sh");
    }

    @Test
    void aVersionIsPromotedAndRolledBackWithAHistory() throws IOException {
        ModelRegistry registry = new ModelRegistry(home);
        for (String content : List.of("a", "b")) {
            registry.register(
                    "churn",
                    content.getBytes(StandardCharsets.UTF_8),
                    new ModelDescription("smile", "RandomForest", Task.REGRESSION, List.of(AGE), List.of(), Map.of()),
                    () -> new Provenance("churn.ser", "0".repeat(64)));
        }
        assertThat(command("promote", "churn@1", "--expect", "0").expect(0).out())
                .contains("churn@champion is version 1 now");
        command("alias", "churn@2", "candidate").expect(0);
        assertThat(command("promote", "churn@candidate", "--expect", "1", "--reason", "better")
                        .expect(0)
                        .out())
                .contains("churn@champion is version 2 now, no longer 1");
        assertThat(command("promote", "churn@candidate").expect(0).out())
                .contains("churn@champion is version 2 already");
        command("promote", "churn@1", "--expect", "1").expect(2, "churn@champion is version 2, not version 1");
        command("promote", "churn").expect(2, "churn does not say which version to promote");

        command("rollback", "churn@1").expect(2, "churn@champion is version 2, not version 1");
        command("rollback", "churn@candidate").expect(2, "name the model or its version, as churn or churn@4");
        command("rollback", "churn", "--alias", "other").expect(2, "the model churn has no alias other");
        assertThat(command("rollback", "churn", "--reason", "it drifts")
                        .expect(0)
                        .out())
                .contains("churn@champion is version 1 again, no longer 2", "No open or published batch used churn@2");
        command("rollback", "churn").expect(2, "the history has no version before churn@1");

        assertThat(command("history", "churn").expect(0).out())
                .contains("churn@champion is version 1", "it drifts", "rollback", "better");
        JsonNode history = command("history", "churn", "-o", "json").json();
        assertThat(history.get("moves")).hasSize(4);
        assertThat(history.at("/moves/0/by").asText()).isEqualTo(System.getProperty("user.name"));
        command("history", "nosuch").expect(2, "no model is named \"nosuch\"");
    }

    private CommandResult command(String... arguments) {
        List<String> all = new ArrayList<>(List.of("model"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--home", home.toString()));
        return CommandResult.of(Main.commandLine(), all.toArray(String[]::new));
    }

    private CommandResult model(String... arguments) {
        List<String> command = new ArrayList<>(List.of("model"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--home", home.toString()));
        return CommandResult.of(Main.commandLine(), command.toArray(String[]::new))
                .expect(0);
    }
}
