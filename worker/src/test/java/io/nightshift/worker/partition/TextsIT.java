package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Columns of texts, for a model that reads the texts themselves.
class TextsIT {

    /// Predicts a number, plus 100 times the length of a text, plus 10,000 times that of another.
    private record LengthModel(ModelDescription description) implements Model {

        static LengthModel of(ModelFeature... features) {
            return new LengthModel(
                    new ModelDescription("test", "lengths", Task.REGRESSION, List.of(features), List.of(), Map.of()));
        }

        @Override
        public Scorer scorer() {
            throw new IllegalStateException("a model of texts needs them");
        }

        @Override
        public Scorer scorer(TextTable texts) {
            return (features, rows, outputs) -> {
                for (int row = 0; row < rows; row++) {
                    double sum = features[1][row];
                    sum += 100 * length(texts, features[0][row]);
                    sum += 10_000 * length(texts, features[2][row]);
                    outputs[0][row] = sum;
                }
            };
        }

        private static int length(TextTable texts, double number) {
            String text = texts.get(number);
            if (text.equals("bad")) {
                throw new IllegalStateException("no answer for a bad text");
            }
            return text.length();
        }

        @Override
        public String kernel() {
            return "arithmetic of the test";
        }

        @Override
        public long heapBytes() {
            return 0;
        }
    }

    private static final LengthModel MODEL = LengthModel.of(text("title"), SumModel.number("f0"), text("body"));

    private static ModelFeature text(String name) {
        return new ModelFeature(name, new FeatureType.Text(), false);
    }

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void textsAndNumbersReachTheModelInItsOrder() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT repeat('é', CAST(i % 3 AS INTEGER)) AS title, i AS f0, repeat('😀', CAST(i % 2 AS INTEGER)) AS body FROM range(5000) AS t(i)");

        List<String> predictions =
                node.predictions(node.score(TestJobBuilder.over(file).build(), MODEL, file));

        assertThat(predictions).hasSize(5000);
        for (int i = 0; i < 5000; i++) {
            double expected = i + 100.0 * (i % 3) + 20_000.0 * (i % 2);
            assertThat(predictions).contains(i + "|" + expected);
        }
    }

    /// More than a table keeps of a vector, and more than the memory of the scorer.
    @Test
    void longTextsReachTheModel() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT repeat('é', CAST(i AS INTEGER)) AS title, 0 AS f0, repeat('ab', CAST(1000 - i % 1000 AS INTEGER)) AS body FROM range(3000) AS t(i)");

        List<String> predictions =
                node.predictions(node.score(TestJobBuilder.over(file).build(), MODEL, file));

        assertThat(predictions).hasSize(3000);
        for (int i = 0; i < 3000; i++) {
            assertThat(predictions).contains("%d|%s".formatted(i, 100.0 * i + 10_000.0 * 2 * (1000 - i % 1000)));
        }
    }

    /// A text of so many bytes certainly has too many characters.
    @Test
    void aTextThatIsTooLongToBeReadIsQuarantinedAlone() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT CASE i WHEN 3 THEN repeat('long', 1000000) ELSE 'abc' END AS title, 0 AS f0, 'x' AS body FROM range(5) AS t(i)");

        Scored scored = node.score(TestJobBuilder.over(file).build(), MODEL, file);

        assertThat(node.predictions(scored)).hasSize(4);
        assertThat(node.reasons(scored)).containsExactly("3|the model can't score the row");
        assertThat(scored.result().reasons())
                .first()
                .asString()
                .contains("the text has 4,000,000 bytes; supported are 1,048,576 characters");
    }

    @Test
    void theLengthsOfTextsAreCompared() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT repeat('é', CAST(i % 50 AS INTEGER)) AS title, i AS f0, 'x' AS body FROM range(5000) AS t(i)");
        BatchCheck psi = new BatchCheck(BatchCheck.Measure.PSI, "title", 0.2, null, null, BatchCheck.OnFail.FAIL);
        BatchCheck nulls = new BatchCheck(BatchCheck.Measure.NULLS, "title", 0, null, null, BatchCheck.OnFail.FAIL);

        PartitionStatistics counted = Objects.requireNonNull(
                node.score(TestJobBuilder.over(file).checks(psi, nulls).build(), MODEL, file)
                        .result()
                        .commit()
                        .statistics());

        Distribution lengths =
                PartitionStatistics.find(counted.distributions(), "title").orElseThrow();
        assertThat(lengths.missing()).isZero();
        // 50 lengths from 0 on, each with the number of its rows.
        assertThat(lengths.bins()).hasSize(2 * 50);
        assertThat(counted.counts()).containsExactly(0L, 0L);
    }

    @Test
    void rowsWithoutATextAreQuarantined() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT unnest(['a', NULL, 'b', '']) AS title, 1 AS f0, unnest(['x', 'y', NULL, '']) AS body");

        Scored scored = node.score(TestJobBuilder.over(file).build(), MODEL, file);

        assertThat(node.predictions(scored)).containsExactly("0|10101.0", "3|1.0");
        assertThat(node.reasons(scored))
                .containsExactly("1|feature \"title\" is missing", "2|feature \"body\" is missing");
    }

    @Test
    void aTextThatTheModelCannotScoreIsQuarantinedAlone() {
        Path file = node.parquet(
                "in.parquet",
                "SELECT CASE WHEN i % 1000 = 7 THEN 'bad' ELSE 'abc' END AS title, i AS f0, 'xy' AS body FROM range(5000) AS t(i)");

        Scored scored = node.score(TestJobBuilder.over(file).build(), MODEL, file);

        assertThat(node.predictions(scored)).hasSize(4995).contains("8|20308.0");
        assertThat(node.reasons(scored))
                .containsExactly(
                        "7|the model can't score the row",
                        "1007|the model can't score the row",
                        "2007|the model can't score the row",
                        "3007|the model can't score the row",
                        "4007|the model can't score the row");
    }

    @Test
    void anExpressionThatFailsForARowQuarantinesItAlone() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'x', '2']) AS number, 'ab' AS title, 'c' AS body");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .features("title", "CAST(number AS INTEGER)", "body || number")
                        .build(),
                MODEL,
                file);

        assertThat(node.predictions(scored)).containsExactly("0|20201.0", "2|20202.0");
        assertThat(node.reasons(scored)).hasSize(1);
    }

    @Test
    void valuesThatAreNoTextAreRefused() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS title, 2 AS f0, 'c' AS body");

        assertThatThrownBy(() -> node.score(TestJobBuilder.over(file).build(), MODEL, file))
                .hasMessageContaining("title is INTEGER, but the model's feature \"title\" wants a text");
        Path texts = node.parquet("in.parquet", "SELECT 'a' AS title, 2 AS f0, 'c' AS body");
        assertThatThrownBy(() -> node.score(
                        TestJobBuilder.over(texts).categories("title", "a").build(), MODEL, texts))
                .hasMessageContaining(
                        "categories.title: the model takes any text and reads the words or characters; leave the key out");
    }

    @Test
    void asManyTextsAsFunctionsHaveParametersForAreScored() {
        ModelFeature[] features = new ModelFeature[9];
        for (int i = 0; i < features.length; i++) {
            features[i] = text("t" + i);
        }
        Path file = node.parquet(
                "in.parquet",
                "SELECT 'a' AS t0, 'b' AS t1, 'c' AS t2, 'd' AS t3, 'e' AS t4, 'f' AS t5, 'g' AS t6, 'h' AS t7, 'i' AS t8");

        assertThatThrownBy(() -> node.score(TestJobBuilder.over(file).build(), LengthModel.of(features), file))
                .hasMessageContaining("the model has 9 features that are texts; supported are 8");
    }
}
