package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.scoring.Model;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command `model train`, and the models it registers.
final class TrainIT {

    private static final String FEATURES = "month,day,weekday,hour,minute,distance,origin_code,destination_code";

    @TempDir
    private Path folder;

    @Test
    void aForestTrainedWithAJobsExpressionsScoresThatJob() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        CommandResult trained = train(
                job,
                "--job",
                folder.resolve("job.yaml").toString(),
                "--target",
                "delayed=delay > 15",
                "--features",
                FEATURES,
                "--sample",
                "5000",
                "--trees",
                "10");
        assertThat(trained.err()).isEmpty();
        assertThat(trained.status()).isZero();
        assertThat(trained.out())
                .contains("Training on 5,000 of 300,000 rows of ", " (a sample)")
                .contains("delayed (BOOLEAN): the classes false, true")
                .contains("Registered delayed@1 in ")
                .containsPattern("auc +0\\.[56]")
                .contains("measured on 1,000 rows that it was not trained on")
                .contains("model: delayed@1");

        CommandResult run = InProcess.run(
                job.run("--set", "model=delayed@1", "--set", "source.where=day(date) = 7", "--threads", "2")
                        .toArray(String[]::new));
        assertThat(run.status()).as(run.err()).isZero();
        List<Double> published = numbers("""
                SELECT probability FROM '%s/batch=*/part-*.parquet' ORDER BY record_row
                """.formatted(job.predictions()));
        assertThat(published)
                .hasSizeGreaterThan(9000)
                .hasSize(run.json().get("predictions").asInt());
        assertThat(published).isEqualTo(scored(model(job)));
    }

    @Test
    void theSameRowsAndSeedGiveTheSameModel() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        String[] arguments = {
            "--data", flights(),
            "--target", "delay",
            "--select", "hour=hour(date)",
            "--select", "far=distance > 1000",
            "--sample", "2000",
            "--trees", "3"
        };
        CommandResult first = train(job, arguments);
        assertThat(first.out())
                .contains("delay (BIGINT): a number, so this is a regression", "Registered delay@1")
                .contains("      hour: 'hour(date)'");
        assertThat(train(job, arguments).out()).contains("Trained the same model again: delay@1");
    }

    @Test
    void aWrongRequestIsRefusedInOneLine() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        CommandResult end = train(job, "--data", flights(), "--target", "d=delay > 10000", "--name", "x.json");
        assertThat(end.status()).isEqualTo(2);
        assertThat(end.err().lines()).hasSize(1);
        assertThat(end.err()).contains("a model cannot be named \"x.json\"");
        assertThat(Files.exists(job.home().resolve("models"))).isFalse();

        end = train(job, "--data", flights(), "--target", "d=delay > 10000");
        assertThat(end.status()).isEqualTo(2);
        assertThat(end.err())
                .isEqualTo("nightshift: The target d has 1 class in 200000 rows;" + " a classifier needs at least two."
                        + System.lineSeparator());
    }

    private static String flights() {
        return FlightsJob.example().resolve("flights.parquet").toString();
    }

    private CommandResult train(FlightsJob job, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "model",
                "train",
                "--algorithm",
                "random-forest",
                "--home",
                job.home().toString()));
        arguments.addAll(List.of(more));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    private static Model model(FlightsJob job) {
        ModelRegistry registry = new ModelRegistry(job.home());
        return ModelFiles.load(registry.path(registry.resolve(ModelReference.parse("delayed"))));
    }

    /// The scores of the job's rows by the model's own scorer, in the order of the rows.
    private static List<Double> scored(Model model) throws SQLException {
        List<double[]> rows = rows("""
                SELECT month(date), day(date), dayofweek(date), hour(date), minute(date), distance,
                  (ascii(origin) - 65) * 676 + (ascii(origin[2]) - 65) * 26 + ascii(origin[3]) - 65,
                  (ascii(destination) - 65) * 676 + (ascii(destination[2]) - 65) * 26 + ascii(destination[3]) - 65
                FROM read_parquet('%s', file_row_number = true) WHERE day(date) = 7 ORDER BY file_row_number
                """.formatted(FlightsJob.example().resolve("flights.parquet")));
        double[][] features = new double[rows.getFirst().length][rows.size()];
        for (int row = 0; row < rows.size(); row++) {
            for (int feature = 0; feature < features.length; feature++) {
                features[feature][row] = rows.get(row)[feature];
            }
        }
        double[][] outputs = new double[2][rows.size()];
        model.scorer().score(features, rows.size(), outputs);
        List<Double> probabilities = new ArrayList<>();
        for (double probability : outputs[1]) {
            probabilities.add(probability);
        }
        return probabilities;
    }

    private static List<Double> numbers(String sql) throws SQLException {
        return rows(sql).stream().map(row -> row[0]).toList();
    }

    private static List<double[]> rows(String sql) throws SQLException {
        List<double[]> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                double[] row = new double[result.getMetaData().getColumnCount()];
                for (int column = 0; column < row.length; column++) {
                    row[column] = result.getDouble(column + 1);
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
