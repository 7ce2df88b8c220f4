package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

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

/// The command `model check`, on a model that the test trains: its probability is known by an expression.
final class ModelCheckCommandTest {

    /// A regression tree with one split on x: -1 below 0.5, 2 from there on.
    private static final String MODEL = """
            {"learner":{"attributes":{},"feature_names":["x"],"feature_types":["float"],
            "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
            "iteration_indptr":[0,1],"tree_info":[0],"trees":[{"base_weights":[0,-1,2],"categories":[],
            "categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,
            "left_children":[1,-1,-1],"loss_changes":[1,0,0],"parents":[2147483647,0,0],"right_children":[2,-1,-1],
            "split_conditions":[0.5,-1,2],"split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[2,1,1],
            "tree_param":{"num_deleted":"0","num_feature":"1","num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
            "learner_model_param":{"base_score":"0E0","boost_from_average":"1","num_class":"0","num_feature":"1",
            "num_target":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}},
            "version":[2,1,0]}
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void aJobOverTenRows() throws Exception {
        Files.writeString(folder.resolve("step.json"), MODEL);
        write("source", "SELECT 'k' || i AS key, i / 10.0 AS raw, i % 2 = 0 AS even FROM range(10) t(i)");
        job("id: key");
    }

    private void job(String source) throws Exception {
        job(source, "CAST(raw AS DOUBLE)");
    }

    private void job(String source, String feature) throws Exception {
        Files.writeString(folder.resolve("job.yaml"), """
                job: step
                model: step.json
                source:
                  parquet: source.parquet
                  select: {x: %s}
                  %s
                destination:
                  parquet: predictions
                """.formatted(feature, source));
    }

    private void write(String name, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(query, folder.resolve(name + ".parquet")));
        }
    }

    /// @param rows how many, from the first
    private static String trained(String rows) {
        return "SELECT 'k' || i AS key, CASE WHEN i / 10.0 < 0.5 THEN -1.0 ELSE 2.0 END::DOUBLE AS p FROM range(%s) t(i)"
                .formatted(rows);
    }

    private CommandResult check(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "model",
                "check",
                "--job",
                folder.resolve("job.yaml").toString(),
                "--home",
                folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--expected")) {
            arguments.addAll(
                    List.of("--expected", folder.resolve("expected.parquet").toString()));
        }
        return CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new));
    }

    @Test
    void thePredictionsOfTrainingAreEqual() throws Exception {
        write("expected", trained("3, 8"));

        CommandResult end = check("--column", "p=prediction").expect(0);

        assertThat(end.out())
                .startsWith("Compared p of ")
                .containsPattern("compared +5\n")
                .containsPattern("largest difference +0.0\n")
                .contains("All compared rows are equal.");
        assertThat(folder.resolve("predictions")).doesNotExist();
        assertThat(folder.resolve("home")).doesNotExist();
    }

    @Test
    void rowsThatDifferAreShownWithTheirFeatures() throws Exception {
        write(
                "expected",
                "SELECT key, p + CASE key WHEN 'k4' THEN 3 WHEN 'k6' THEN 0.25 ELSE 0 END AS prediction FROM (%s)"
                        .formatted(trained("10")));

        CommandResult end = check("--column", "prediction", "-n", "1").expect(1);

        assertThat(end.out())
                .containsPattern("largest difference +3.0\n")
                .containsPattern("rows over tolerance +2\n")
                .contains("Row k4: expected 2.0, found -1.0, difference 3.0\n  x  0.4\n", "2 of 10 rows differ.")
                .doesNotContain("Row k6");
        check("--column", "prediction", "--tolerance", "3").expect(0);
    }

    @Test
    void theRangeThatTheRowsWhichDifferHaveInCommonIsNamed() throws Exception {
        write("expected", "SELECT key, p + (key >= 'k7')::INT AS prediction FROM (%s)".formatted(trained("10")));

        assertThat(check("--column", "prediction").expect(1).out())
                .contains("x is 0.7 or more in 3 of the 3 rows that differ, and in 0 of the 7 others.\n");
    }

    @Test
    void theValueThatTheRowsWhichDifferHaveInCommonIsNamed() throws Exception {
        write("source", "SELECT 'k' || i AS key, CASE WHEN i % 4 > 0 THEN i / 10.0 END AS raw FROM range(10) t(i)");
        write(
                "expected",
                "SELECT key, CASE WHEN key IN ('k0', 'k4', 'k8') THEN 7 ELSE p END AS prediction FROM (%s)"
                        .formatted(trained("10")));

        JsonNode json = check("--column", "prediction", "-o", "json").expect(1).json();

        assertThat(json.get("causes"))
                .extracting(JsonNode::asText)
                .containsExactly("x is NULL in 3 of the 3 rows that differ, and in 0 of the 7 others.");
    }

    @Test
    void aFeatureThatIsOtherThanInTrainingIsNamed() throws Exception {
        write(
                "expected",
                "SELECT key, 2.0 AS prediction, CASE WHEN key = 'k2' THEN 0.9 ELSE key[2:]::INT / 10.0 END AS x FROM (%s)"
                        .formatted(trained("3")));

        assertThat(check("--column", "prediction").expect(1).out())
                .contains(
                        "The feature x has other values than expected.parquet in 1 row: in row k2 it is 0.2 instead of 0.9.\n");
    }

    /// A scaler and a sum, each with its column: (x - 0.5) / 0.25, and twice that.
    private static final String PIPELINE = """
            {"format":"nightshift-exchange","version":2,"library":"scikit-learn 1.4.2","algorithm":"LinearRegression",
            "precision":"float64","missing":true,"features":[{"name":"x","missing":false}],"classes":[],"steps":[
            {"kind":"scale","name":"standardscaler","in":[0],"out":1,"numbers":{"subtract":[0.5],"divide":[0.25]}},
            {"kind":"scale","name":"linearregression","in":[1],"out":1,"numbers":{"multiply":[2.0]}}],
            "results":{"prediction":2,"probabilities":[],"margins":[]}}
            """;

    /// @param divisor of the scaler in training
    private void writeSteps(String divisor, String factor, String column) throws Exception {
        Files.writeString(folder.resolve("step.json"), PIPELINE);
        write(
                "expected",
                "SELECT 'k' || i AS key, (i / 10.0 - 0.5) / %1$s * %2$s AS prediction, (i / 10.0 - 0.5) / %1$s AS \"%3$s\" FROM range(4) t(i)"
                        .formatted(divisor, factor, column));
    }

    @Test
    void theFirstStepThatDiffersIsNamed() throws Exception {
        writeSteps("0.2", "2", "standardscaler: column 1");

        assertThat(check("--column", "prediction").expect(1).out())
                .contains(
                        "The first difference is in the step standardscaler (scale): in row k0, its column 1 of 1 is -2.0 instead of -2.5.\n");
    }

    @Test
    void aStepBehindTheColumnsOfTheFileIsSaidToDiffer() throws Exception {
        writeSteps("0.25", "3", "standardscaler: column 1");

        assertThat(check("--column", "prediction").expect(1).out())
                .contains(
                        "The columns of steps in expected.parquet are those of the job, so the steps behind them differ.\n");
    }

    @Test
    void columnsOfStepsOfAnotherModelAreRefused() throws Exception {
        writeSteps("0.2", "2", "minmaxscaler: column 1");

        assertThat(check("--column", "prediction").expect(2).err())
                .contains(
                        "expected.parquet has the column minmaxscaler: column 1, and the job's model has no such step");
    }

    @Test
    void longTextsAreCutForPeople() throws Exception {
        String id = "repeat('k', 58) || '🦉' || repeat('o', 9) || i";
        write("source", "SELECT %s AS key, i / 10.0 AS raw FROM range(3) t(i)".formatted(id));
        write("expected", "SELECT %s AS key, 2.0 AS prediction FROM range(1) t(i)".formatted(id));

        String out = check("--column", "prediction").expect(1).out();
        JsonNode json = check("--column", "prediction", "-o", "json").expect(1).json();

        assertThat(out).contains("Row " + "k".repeat(58) + "…: expected 2.0, found -1.0, difference 3.0\n");
        assertThat(json.get("rows").get(0).get("id").asText()).isEqualTo("k".repeat(58) + "🦉" + "o".repeat(9) + "0");
    }

    /// Single and double precision are the same feature; whole numbers that differ by one are not.
    @Test
    void featuresAreComparedInThePrecisionThatBothHave() throws Exception {
        write("source", "SELECT 'k' || i AS key, 4000000000 + i AS raw FROM range(3) t(i)");
        write("expected", "SELECT 'k' || i AS key, 9.0 AS prediction, 4000000001 + i AS x FROM range(3) t(i)");
        job("id: key", "raw");
        assertThat(check("--column", "prediction").expect(1).out())
                .contains("The feature x has other values than expected.parquet in 3 rows: in row k0");

        write("source", "SELECT 'k' || i AS key, i / 10.0::DOUBLE AS raw FROM range(3) t(i)");
        write("expected", "SELECT 'k' || i AS key, 9.0 AS prediction, (i / 10.0)::FLOAT AS x FROM range(3) t(i)");
        assertThat(check("--column", "prediction").expect(1).out())
                .contains("expected.parquet has the same values as the job for the feature x.");
    }

    @Test
    void rowsOfARepeatedIdOfTheSourceAreNoCause() throws Exception {
        write("source", "SELECT 'k' || least(i, 2) AS key, i / 10.0 AS raw FROM range(8) t(i)");
        write(
                "expected",
                "SELECT 'k' || i AS key, CASE i WHEN 0 THEN 7.0 ELSE -1.0 END AS prediction FROM range(3) t(i)");

        assertThat(check("--column", "prediction").expect(1).out())
                .contains("x is 0.0 in 1 of the 1 rows that differ, and in 0 of the 1 others.");
    }

    @Test
    void featuresThatAreAsInTrainingAreNoCause() throws Exception {
        write("expected", "SELECT key, 2.0 AS prediction, key[2:]::INT / 10.0 AS x FROM (%s)".formatted(trained("3")));

        assertThat(check("--column", "prediction").expect(1).out())
                .contains("expected.parquet has the same values as the job for the feature x.\n")
                .doesNotContain("rows that differ");
    }

    @Test
    void rowsThatAreAbsentLeftOutOrQuarantinedAreCounted() throws Exception {
        write(
                "source",
                "SELECT 'k' || i AS key, CASE i WHEN 1 THEN 'one' ELSE (i / 10.0)::VARCHAR END AS raw, i > 0 AS even FROM range(10) t(i)");
        job("id: key\n  where: even");
        write("expected", trained("12"));

        JsonNode json =
                check("--column", "p=prediction", "-o", "json").expect(1).json();

        assertThat(json.get("equal").asBoolean()).isFalse();
        assertThat(json.get("expected").asInt()).isEqualTo(12);
        assertThat(json.get("absent").asInt()).isEqualTo(2);
        assertThat(json.get("left_out").asInt()).isEqualTo(1);
        assertThat(json.get("quarantined").asInt()).isEqualTo(1);
        assertThat(json.get("compared").asInt()).isEqualTo(8);
        assertThat(json.get("over_tolerance").asInt()).isZero();
        assertThat(json.get("reasons").get(0).asText()).contains("row 1");
    }

    @Test
    void featuresOfLookupsAreJoined() throws Exception {
        write("source", "SELECT 'k' || i AS key, i AS number FROM range(10) t(i)");
        write("numbers", "SELECT i AS number, i / 10.0 AS raw FROM range(8) t(i)");
        String join = "\n  join: [{parquet: numbers.parquet, on: number, columns: [raw], type: %s}]";
        job("id: key" + join.formatted("inner"));
        write("expected", "SELECT key, p + (key = 'k6')::INT AS p FROM (%s)".formatted(trained("10")));

        CommandResult end = check("--column", "p=prediction").expect(1);

        assertThat(end.out())
                .containsPattern("compared +8\n")
                .contains("Row k6: expected 3.0, found 2.0, difference 1.0\n  x  0.6\n");
        job(join.formatted("left"));
        write("expected", trained("6"));
        assertThat(check("--column", "p=prediction").expect(0).out()).containsPattern("compared +6\n");
    }

    @Test
    void withoutAnIdRowsAreMatchedByPosition() throws Exception {
        job("");
        write("expected", trained("6"));

        assertThat(check("--column", "p=prediction").expect(0).out()).containsPattern("compared +6\n");

        write("expected", trained("1, 7"));
        assertThat(check("--column", "p=prediction").expect(1).out())
                .contains("Row 4: expected 2.0, found -1.0, difference 3.0");
        check("--column", "p=prediction", "--id", "key").expect(2, "the job names no source.id");
    }

    @Test
    void aCsvFileAndAnotherIdColumnWork() throws Exception {
        Path csv = Files.writeString(folder.resolve("expected.csv"), "id,key,p\nk1,a,-1\nk9,b,2\n");

        assertThat(check("--expected", csv.toString(), "--column", "p=prediction", "--id", "id")
                        .expect(0)
                        .out())
                .containsPattern("compared +2\n");
    }

    @Test
    void aMissingValueOfTrainingDiffers() throws Exception {
        write("expected", "SELECT 'k1' AS key, NULL::DOUBLE AS p");

        assertThat(check("--column", "p=prediction").expect(1).out()).contains("Row k1: expected NULL, found -1.0");
    }

    @Test
    void mistakesAreNamed() throws Exception {
        write("expected", trained("3"));

        check("--column", "q=prediction").expect(2, "--column: there is no column q in ", "did you mean p?");
        check("--column", "p=predictions")
                .expect(2, "no column predictions in the job's output", "did you mean prediction?");
        check("--column", "p").expect(2, "there is no column p in the job's output", "it has record_id, prediction");
        check("--column", "p=prediction", "--id", "keys")
                .expect(2, "--id: there is no column keys", "did you mean key?");
        check("--column", "p=prediction", "--tolerance", "-1").expect(2, "--tolerance must be 0 or more, not -1");
        check(
                        "--column",
                        "p=prediction",
                        "--expected",
                        folder.resolve("none.parquet").toString())
                .expect(2, "--expected: there is no file ");
        check(
                        "--column",
                        "p=prediction",
                        "--expected",
                        folder.resolve("step.json").toString())
                .expect(2, "neither Parquet nor CSV");
        write("expected", "SELECT 'other' AS key, 1.0 AS p");
        check("--column", "p=prediction").expect(2, "none of the 1 rows of ", "is in the source of the job step");
        write("expected", "SELECT 'k1' AS key, 1.0 AS p FROM range(2)");
        check("--column", "p=prediction").expect(2, "IDs that occur more than once, such as k1");
    }
}
