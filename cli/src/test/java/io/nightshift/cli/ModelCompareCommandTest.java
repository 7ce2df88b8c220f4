package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.CommandResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command `model compare`, on two models whose predictions are known by an expression.
final class ModelCompareCommandTest {

    /// A regression tree with one split: -1 below it, 2 from there on.
    private static final String MODEL = """
            {"learner":{"attributes":{},"feature_names":["%s"],"feature_types":["float"],
            "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
            "iteration_indptr":[0,1],"tree_info":[0],"trees":[{"base_weights":[0,-1,2],"categories":[],
            "categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,
            "left_children":[1,-1,-1],"loss_changes":[1,0,0],"parents":[2147483647,0,0],"right_children":[2,-1,-1],
            "split_conditions":[%s,-1,2],"split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[2,1,1],
            "tree_param":{"num_deleted":"0","num_feature":"1","num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
            "learner_model_param":{"base_score":"0E0","boost_from_average":"1","num_class":"0","num_feature":"1",
            "num_target":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}},
            "version":[2,1,0]}
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void aJobAndTwoModels() throws Exception {
        Files.writeString(folder.resolve("old.json"), MODEL.formatted("x", "0.5"));
        Files.writeString(folder.resolve("new.json"), MODEL.formatted("z", "0.25"));
        write("SELECT 'k' || i AS key, i % 100 / 100.0 AS raw, 'never read' AS wide FROM range(10000) t(i)");
        job("id: key", "");
    }

    private void job(String source, String output) throws Exception {
        Files.writeString(folder.resolve("job.yaml"), """
                job: step
                model: old.json
                source:
                  parquet: source.parquet
                  select: {x: CAST(raw AS DOUBLE), z: CAST(raw AS DOUBLE)}
                  %s
                destination: {parquet: predictions}
                %s
                """.formatted(source, output));
    }

    private void write(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(query, folder.resolve("source.parquet")));
        }
    }

    private CommandResult compare(String... more) {
        List<String> arguments = new ArrayList<>(List.of("model", "compare"));
        for (String model : List.of("old.json", "new.json")) {
            arguments.add(folder.resolve(model).toString());
        }
        arguments.addAll(List.of(
                "--job",
                folder.resolve("job.yaml").toString(),
                "--home",
                folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        return CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new));
    }

    @Test
    void theSameRowsAreScoredWithBothModels() throws Exception {
        job("id: key", "output: {decisions: {late: {threshold: 0}}}");

        JsonNode json = compare("-o", "json", "-n", "2").expect(0).json();

        assertThat(json.get("sampled").asInt()).isEqualTo(10_000);
        assertThat(json.get("compared").asInt()).isEqualTo(10_000);
        assertThat(json.get("different").asInt()).isEqualTo(2_500);
        assertThat(json.at("/agreement/late").asDouble()).isEqualTo(0.75);
        JsonNode prediction = json.at("/columns/0");
        assertThat(prediction.get("column").asText()).isEqualTo("prediction");
        assertThat(prediction.get("largest_difference").asDouble()).isEqualTo(3);
        // Of 0 and 1 with the shares 0.5 and 0.75: 0.125 / sqrt(0.25 * 0.1875).
        assertThat(prediction.get("correlation").asDouble()).isCloseTo(0.57735, within(1e-5));
        assertThat(prediction.at("/champion/mean").asDouble()).isEqualTo(0.5);
        assertThat(prediction.at("/candidate/mean").asDouble()).isEqualTo(1.25);
        assertThat(json.get("psi").asDouble()).isCloseTo(0.25 * Math.log(3), within(0.01));
        assertThat(json.at("/candidate/model_seconds_per_row").asDouble()).isPositive();
        assertThat(json.get("records")).hasSize(2);
        JsonNode record = json.at("/records/0");
        assertThat(record.get("record").asText()).startsWith("k");
        assertThat(record.at("/features/x").asDouble()).isBetween(0.25, 0.5);
        assertThat(record.at("/features/z")).isEqualTo(record.at("/features/x"));
        assertThat(folder.resolve("predictions")).doesNotExist();
        try (var left = Files.walk(folder)) {
            assertThat(left).noneMatch(path -> path.getFileName().toString().startsWith("compare-"));
        }
    }

    @Test
    void aSampleIsSpreadOverTheSourceAndTheSameEachTime() throws Exception {
        job("id: key", "");

        JsonNode first = compare("-o", "json", "--sample", "5000", "-n", "1000")
                .expect(0)
                .json();
        JsonNode second = compare("-o", "json", "--sample", "5000", "-n", "1000")
                .expect(0)
                .json();

        assertThat(first.get("rows").asInt()).isEqualTo(10_000);
        assertThat(first.get("sampled").asInt()).isEqualTo(5_000);
        assertThat(first.get("records")).isEqualTo(second.get("records"));
        assertThat(first.get("records").findValuesAsText("record"))
                .anyMatch(record -> record.length() == 3)
                .anyMatch(record -> record.startsWith("k7"));
    }

    @Test
    void eachModelHasItsOwnQuarantine() throws Exception {
        write(
                "SELECT CASE WHEN i < 5 THEN NULL ELSE 0.75 END AS raw, CASE i WHEN 9 THEN 'inf' ELSE '0.75' END AS other FROM range(20) t(i)");
        Files.writeString(folder.resolve("job.yaml"), """
                job: step
                model: old.json
                source:
                  parquet: source.parquet
                  select: {x: CAST(raw AS DOUBLE), z: CAST(other AS DOUBLE)}
                destination: {parquet: predictions}
                """);

        CommandResult end = compare().expect(0);

        assertThat(end.out())
                .contains("20 of 20 rows, read once")
                .containsPattern("predictions +20 +19\\n")
                .containsPattern("quarantined +0 +1\\n")
                .containsPattern("predicted by this one only +1 +0\\n")
                .contains("source.parquet row 0: prediction -1.0 -> 2.0", "feature \"z\" is out of range");
    }

    @Test
    void malformedRecordsOfTextFilesAreCountedOnceForBoth() throws Exception {
        Files.writeString(folder.resolve("source.csv"), "key,raw\na,0.1\nb,0.4,too many\nc,0.4\nd,0.9\n");
        job("where: raw < 0.8", "");
        Files.writeString(
                folder.resolve("job.yaml"),
                Files.readString(folder.resolve("job.yaml")).replace("parquet: source.parquet", "csv: source.csv"));

        JsonNode json = compare("-o", "json").expect(0).json();

        assertThat(json.get("sampled").asInt()).isEqualTo(3);
        assertThat(json.get("malformed").asInt()).isEqualTo(1);
        assertThat(json.at("/champion/predictions").asInt()).isEqualTo(2);
        assertThat(json.at("/champion/quarantined").asInt()).isZero();
        assertThat(json.get("different").asInt()).isEqualTo(1);
        assertThat(json.at("/records/0/record").asText()).endsWith("source.csv row 2");
    }

    @Test
    void whatCannotBeComparedIsRefused() throws Exception {
        compare("--sample", "0").expect(2, "--sample must be 1 or more");
        compare("--set", "source.select.z=nosuch").expect(2, "new.json", "nosuch");
        write("SELECT 'k' AS key, 1.0 AS raw LIMIT 0");
        compare().expect(2, "the source of the job step has no rows");
    }
}
