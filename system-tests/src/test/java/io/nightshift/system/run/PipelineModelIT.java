package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A job whose columns are those of the data frame on which a pipeline was trained: a text, numbers, an integer
/// with gaps and a boolean go in by name. The predictions are those of scikit-learn, which `pipelines.py` of the
/// module scoring has written.
final class PipelineModelIT {

    private static final Path KEPT = Checkout.path("system-tests/src/test/resources/pipeline");

    /// The library sums by BLAS, in an order of its own.
    private static final double ERROR = 1e-13;

    @TempDir
    private Path folder;

    @BeforeEach
    void write() throws Exception {
        execute("""
                COPY (SELECT customer, plan, age, income, shops, CAST(active AS BOOLEAN) AS active
                  FROM read_csv('%s', types = {'shops': 'BIGINT'})) TO '%s' (FORMAT parquet)
                """.formatted(KEPT.resolve("customers.csv"), folder.resolve("customers.parquet")));
        Files.writeString(folder.resolve("job.yaml"), """
                job: churn
                model: %s
                source:
                  parquet: customers.parquet
                  id: customer
                destination:
                  parquet: predictions
                partitions:
                  rows: 100
                """.formatted(KEPT.resolve("churn.json")));
    }

    @Test
    void predictionsAreThoseOfScikitLearn() throws Exception {
        CommandResult published = run("job.yaml");

        assertThat(published.expect(0).out())
                .contains("Published 500 predictions")
                .containsPattern("unseen +categories that the model does not know: plan in \\d+ rows");
        assertPredictions();
    }

    @Test
    void aRegisteredPipelineScoresTheSame() throws Exception {
        InProcess.run("model", "import", KEPT.resolve("churn.json").toString(), "--home", home())
                .expect(0);
        CommandResult shown = InProcess.run("model", "show", "churn", "--home", home());
        String job = Files.readString(folder.resolve("job.yaml"));
        Files.writeString(
                folder.resolve("registered.yaml"),
                job.replace(KEPT.resolve("churn.json").toString(), "churn"));

        run("registered.yaml").expect(0);

        assertThat(shown.expect(0).out())
                .contains("LogisticRegression", "200 rows, compared when the file was read")
                .containsPattern("plan +one of 4 levels, or another text: basic, plus, premium, staff, may be missing")
                .containsPattern("""
                        pipeline
                          STEP .*
                          columntransformer
                            numbers
                              simpleimputer +impute +2 columns +2 columns +age, income
                              standardscaler +scale +2 columns +2 columns +age, income
                            texts
                              simpleimputer +impute +1 column +1 column +plan
                              onehotencoder +one-hot +1 column +4 columns +plan
                            others +one-hot +2 columns +8 columns +shops, active
                          logisticregression +linear, .* 14 columns +3 columns +plan, age, income, shops, …
                        """);
        assertPredictions();
    }

    @Test
    void aModelWhoseProofFailsIsNeitherPlannedNorImported() throws Exception {
        String sound = Files.readString(KEPT.resolve("churn.json"));
        Path altered = Files.writeString(
                folder.resolve("altered.json"), sound.replaceFirst("\"subtract\":\\[", "\"subtract\":[1"));
        String job = Files.readString(folder.resolve("job.yaml"));
        Files.writeString(
                folder.resolve("altered.yaml"),
                job.replace(KEPT.resolve("churn.json").toString(), altered.toString()));

        CommandResult planned = run("altered.yaml");
        CommandResult imported = InProcess.run("model", "import", altered.toString(), "--home", home());

        for (CommandResult refused : new CommandResult[] {planned, imported}) {
            assertThat(refused.status()).isNotZero();
            assertThat(refused.err())
                    .contains("its scores are not those of scikit-learn")
                    .contains("the first difference is in the step columntransformer/numbers/standardscaler (scale)");
        }
    }

    @Test
    void aDateInThePlaceOfANumberIsRefusedByName() throws Exception {
        execute("COPY (SELECT * REPLACE (DATE '2026-01-01' AS age) FROM '%1$s') TO '%1$s.new' (FORMAT parquet)"
                .formatted(folder.resolve("customers.parquet")));
        Files.move(folder.resolve("customers.parquet.new"), folder.resolve("dates.parquet"));
        String job = Files.readString(folder.resolve("job.yaml"));
        Files.writeString(folder.resolve("dates.yaml"), job.replace("customers.parquet", "dates.parquet"));

        CommandResult refused = run("dates.yaml");

        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("age is DATE, but the model's feature \"age\" wants a number");
    }

    private CommandResult run(String job) {
        return InProcess.run("run", folder.resolve(job).toString(), "--home", home());
    }

    private String home() {
        return folder.resolve("home").toString();
    }

    /// Where the encoder of the pipeline raises an error for a category, the row is quarantined.
    @Test
    void categoriesThatThePipelineRefusesAreQuarantined() throws Exception {
        String job = Files.readString(folder.resolve("job.yaml"));
        Files.writeString(
                folder.resolve("strict.yaml"), job.replace("churn.json", "strict.json") + "errors: {max-rate: 50%}\n");
        long accepted = count("SELECT count(*) FROM '%s'".formatted(KEPT.resolve("strict.csv")));

        CommandResult published = run("strict.yaml");

        assertThat(published.expect(0).out())
                .contains("Published %d predictions".formatted(accepted), (500 - accepted) + " rows quarantined");
        assertPredictions("strict.csv", accepted);
        assertThat(count("""
                SELECT count(*) FROM read_parquet('%s/predictions/**/_quarantine*', filename = true)
                WHERE message LIKE '%%columntransformer/texts does not know%%'
                """.formatted(folder))).isEqualTo(500 - accepted);
    }

    private void assertPredictions() throws Exception {
        assertPredictions("churn.csv", 500);
    }

    private void assertPredictions(String library, long rows) throws Exception {
        assertThat(count("""
                SELECT count(*) FROM read_parquet('%s/predictions/**/part-*.parquet') AS own
                JOIN read_csv('%s') AS library ON CAST(own.record_id AS BIGINT) = library.customer
                WHERE own.prediction = library.prediction AND abs(own.probability - library.probability) <= %s
                """.formatted(folder, KEPT.resolve(library), ERROR))).isEqualTo(rows);
    }

    private static long count(String query) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void execute(String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
