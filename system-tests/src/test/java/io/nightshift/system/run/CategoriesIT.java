package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A job whose columns hold categories as texts, for a model that names them: what becomes of categories that
/// the model has never seen.
final class CategoriesIT {

    private static final Path KEPT = Checkout.path("scoring/src/test/resources/categories");

    @TempDir
    private Path folder;

    /// The data frame that the model was trained on, with a plan in 7 rows that the model does not know.
    @BeforeEach
    void write() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    COPY (SELECT * REPLACE (if(number < 7, 'gold', plan) AS plan) FROM
                      (SELECT *, row_number() OVER () - 1 AS number FROM read_csv('%s')))
                    TO '%s' (FORMAT parquet)
                    """.formatted(KEPT.resolve("xgboost.csv"), folder.resolve("frame.parquet")));
        }
        Files.writeString(folder.resolve("job.yaml"), """
                job: plans
                model: %s
                source:
                  parquet: frame.parquet
                destination:
                  parquet: predictions
                partitions:
                  rows: 100
                errors:
                  max-rate: 10%%
                """.formatted(KEPT.resolve("xgboost.ubj")));
    }

    private CommandResult run(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                folder.resolve("job.yaml").toString(),
                "--home",
                folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    private CommandResult command(String... arguments) {
        return CommandResult.of(
                Main.commandLine(),
                Stream.concat(
                                Stream.of(arguments),
                                Stream.of("--home", folder.resolve("home").toString()))
                        .toArray(String[]::new));
    }

    private JsonNode manifest() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("predictions"))) {
            Path manifest = files.filter(file -> file.endsWith("_manifest.json"))
                    .findFirst()
                    .orElseThrow();
            return new ObjectMapper().readTree(manifest.toFile());
        }
    }

    @Test
    void unseenCategoriesAreCountedInSummaryManifestAndBatch() throws Exception {
        CommandResult published = run().expect(0);
        assertThat(published.out())
                .contains("Published 300 predictions")
                .contains("unseen       categories that the model does not know: plan in 7 rows");
        assertThat(manifest().get("unseen_categories")).hasToString("{\"plan\":7}");
        assertThat(command("batch", "show", "latest").expect(0).out())
                .containsPattern("unseen categories +plan in 7 rows");
        assertThat(command("batch", "show", "latest", "-o", "json")
                        .expect(0)
                        .json()
                        .get("unseen_categories"))
                .hasToString("{\"plan\":7}");
        command("batch", "verify", "latest").expect(0);

        command("model", "import", KEPT.resolve("xgboost.ubj").toString()).expect(0);
        CommandResult shown = command("model", "show", "xgboost").expect(0);
        assertThat(shown.out())
                .containsPattern("1 +plan +one of 4 categories: basic, plus, größer, it's \"x\", may be missing")
                .containsPattern("2 +shop +one of 3 categories: 30, 7, 12");
    }

    @Test
    void theJobCanQuarantineThem() throws Exception {
        CommandResult published = run("--set", "source.unseen-categories=quarantine", "-o", "json")
                .expect(0);
        assertThat(published.json().get("quarantined").asInt()).isEqualTo(7);
        assertThat(published.json().get("unseen_categories")).hasToString("{\"plan\":7}");
        assertThat(manifest().get("unseen_categories")).hasToString("{\"plan\":7}");
    }

    @Test
    void theJobCanFailForThem() throws Exception {
        run("--set", "source.unseen-categories=fail")
                .expect(
                        1,
                        "feature \"plan\" has categories that the model does not know, in 7 rows: gold. Train the model with them");
        JsonNode discarded = command("batch", "show", "latest", "-o", "json")
                .expect(0)
                .json()
                .at("/use/discarded");
        assertThat(discarded.get("attempts").asInt()).isPositive();
        assertThat(discarded.get("thread_seconds").asDouble()).isPositive();
        assertThat(discarded.get("bytes_read").asLong()).isPositive();
    }
}
