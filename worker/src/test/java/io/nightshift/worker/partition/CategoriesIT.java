package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job.UnseenCategories;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.TextHash;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Features with categories.
class CategoriesIT {

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
    void byDefaultAnUnseenCategoryIsACountedMissingValue() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['b', 'a', 'it''s', 'd', NULL, '']) AS f0");
        for (ModelFeature feature :
                List.of(SumModel.level("f0", true, "a", "b", "it's"), SumModel.category("f0", "a", "b", "it's"))) {
            SumModel model = SumModel.of(feature);
            Scored missing = node.score(TestJobBuilder.over(file).build(), model, file);
            assertThat(node.predictions(missing))
                    .containsExactly("0|1.0", "1|0.0", "2|2.0", "3|-1000.0", "4|-1000.0", "5|-1000.0");
            assertThat(missing.unseen()).isEqualTo(Map.of("f0", 2L));

            Scored quarantined = node.score(
                    TestJobBuilder.over(file)
                            .unseen(UnseenCategories.QUARANTINE)
                            .build(),
                    model,
                    file);
            assertThat(node.predictions(quarantined)).containsExactly("0|1.0", "1|0.0", "2|2.0", "4|-1000.0");
            assertThat(node.wrongValues(quarantined))
                    .containsExactly(
                            "3|feature \"f0\" has a category that the model does not know|d",
                            "5|feature \"f0\" has a category that the model does not know|");
            assertThat(quarantined.unseen()).isEqualTo(Map.of("f0", 2L));

            assertThatThrownBy(() -> node.score(
                            TestJobBuilder.over(file)
                                    .unseen(UnseenCategories.FAIL)
                                    .build(),
                            model,
                            file))
                    .isInstanceOfSatisfying(FailureException.class, e -> {
                        assertThat(e.failure().isPermanent()).isTrue();
                        assertThat(e)
                                .hasMessageContaining(
                                        "feature \"f0\" has categories that the model does not know, in 2 rows: , d. Train the model with them");
                    });
        }
    }

    @Test
    void aModelWithAnAnswerForOtherTextsScoresThem() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['b', 'a', 'd', NULL, '']) AS f0");
        SumModel model = SumModel.of(SumModel.openLevel("f0", "a", "b"));

        Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);
        Scored quarantined = node.score(
                TestJobBuilder.over(file).unseen(UnseenCategories.QUARANTINE).build(), model, file);

        assertThat(node.predictions(scored)).containsExactly("0|1.0", "1|0.0", "2|-1.0", "3|-1000.0", "4|-1.0");
        assertThat(scored.unseen()).isEqualTo(Map.of("f0", 2L));
        assertThat(node.predictions(quarantined)).containsExactly("0|1.0", "1|0.0", "3|-1000.0");
        assertThat(quarantined.unseen()).isEqualTo(Map.of("f0", 2L));
    }

    /// With the model and the predictions that the module scoring keeps.
    @Test
    void theColumnsOfTheDataFrameScoreAsTheyDidInTheLibrary() throws IOException {
        Path kept = TestNode.peer("").resolveSibling("categories");
        Path file = node.parquet("frame.parquet", "SELECT * FROM read_csv('" + kept.resolve("xgboost.csv") + "')");

        Scored scored = node.score(
                TestJobBuilder.over(file).output("margin").build(), Model.load(kept.resolve("xgboost.ubj")), file);

        scored.assertCounts(300, 300);
        assertThat(scored.unseen()).isEmpty();
        assertThat(node.rows("SELECT count(*) FROM " + scored.partTable() + " WHERE prediction = margin"))
                .containsExactly("300");
    }

    @Test
    void codesAreCheckedAgainstThoseThatTheModelKnows() {
        Path file = node.parquet(
                "in.parquet", "SELECT unnest([3, 70000, 5.5, 4, -1, -0.5, NULL, 1e300, 'nan'::DOUBLE]) AS f0, 1 AS f1");
        SumModel model = SumModel.of(SumModel.codes("f0", 3, 5, 70_000), SumModel.number("f1"));
        Scored missing = node.score(TestJobBuilder.over(file).build(), model, file);
        assertThat(node.predictions(missing))
                .containsExactly(
                        "0|4.0",
                        "1|70001.0",
                        "2|6.5",
                        "3|-999.0",
                        "4|-999.0",
                        "5|-999.0",
                        "6|-999.0",
                        "7|-999.0",
                        "8|-999.0");
        assertThat(missing.unseen()).isEqualTo(Map.of("f0", 4L));

        Scored quarantined = node.score(
                TestJobBuilder.over(file).unseen(UnseenCategories.QUARANTINE).build(), model, file);
        assertThat(node.rows("SELECT record_row FROM " + quarantined.partTable()))
                .containsExactly("0", "1", "2", "6", "8");
        assertThat(quarantined.unseen()).isEqualTo(Map.of("f0", 4L));

        Scored unknown = node.score(
                TestJobBuilder.over(file).build(), SumModel.of(SumModel.codes("f0"), SumModel.number("f1")), file);
        assertThat(node.predictions(unknown)).contains("3|5.0", "4|0.0", "5|0.5");
        assertThat(unknown.unseen()).isEmpty();
    }

    @Test
    void aNumberNamesACategoryWhereAllCategoriesAreNumbers() {
        SumModel model = SumModel.of(SumModel.category("f0", "7", "3", "10"), SumModel.category("f1", "false", "true"));
        Path whole = node.parquet("a.parquet", "SELECT unnest([3, 10, 0]) AS f0, true AS f1");
        Path fractions = node.parquet("b.parquet", "SELECT unnest([3, 10, 0.5, NULL])::DOUBLE AS f0, 'true' AS f1");
        Scored scored = node.score(TestJobBuilder.over(whole, fractions).build(), model, whole, fractions);
        assertThat(node.rows("SELECT prediction FROM " + scored.partTable()))
                .containsExactly("2.0", "3.0", "-999.0", "2.0", "3.0", "-999.0", "-999.0");
        assertThat(scored.unseen()).isEqualTo(Map.of("f0", 2L));
    }

    @Test
    void theJobsOwnCategoriesTurnTextsIntoCodes() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['plus', 'basic', 'gold']) AS plan, 'never' AS id");
        for (ModelFeature feature : List.of(SumModel.number("plan"), SumModel.codes("plan"))) {
            Scored scored = node.score(
                    TestJobBuilder.over(file)
                            .categories("plan", "basic", "plus")
                            .build(),
                    SumModel.of(feature),
                    file);
            assertThat(node.predictions(scored)).containsExactly("0|1.0", "1|0.0", "2|-1000.0");
            assertThat(scored.unseen()).isEqualTo(Map.of("plan", 1L));
        }
    }

    @Test
    void aLevelThatAModelWithoutMissingValuesDoesNotKnowIsQuarantined() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['b', 'a', 'it''s', 'd', NULL, '']) AS f0");
        SumModel model = SumModel.of(SumModel.level("f0", false, "a", "b", "it's"));
        Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);
        assertThat(node.wrongValues(scored))
                .containsExactly(
                        "3|feature \"f0\" has a category that the model does not know|d",
                        "4|feature \"f0\" is missing|null",
                        "5|feature \"f0\" has a category that the model does not know|");
        assertThat(scored.unseen()).isEqualTo(Map.of("f0", 2L));

        SumModel strict = SumModel.of(SumModel.level("f0", false, "a", "b", "it's", "d", ""));
        assertThat(node.reasons(node.score(TestJobBuilder.over(file).build(), strict, file)))
                .containsExactly("4|feature \"f0\" is missing");
    }

    @Test
    void aLevelMayBeAWholeNumberOrATruthValue() {
        Path file = node.parquet("in.parquet", "SELECT 10 AS f0, true AS f1");
        SumModel model =
                SumModel.of(SumModel.level("f0", false, "9", "10"), SumModel.level("f1", false, "false", "true"));
        assertThat(node.predictions(node.score(TestJobBuilder.over(file).build(), model, file)))
                .containsExactly("0|2.0");
    }

    @Test
    void aTextOrAWholeNumberThatAModelKnowsByItsHashIsHashed() {
        Path file = node.parquet(
                "in.parquet", "SELECT unnest(['foo', 'bar', NULL, 'grün', '']) AS f0, unnest([7, -7, 1, 2, 3]) AS f1");
        double[] expected = {
            hash("foo") + hash("7"),
            hash("bar") + hash("-7"),
            SumModel.MISSING + hash("1"),
            hash("grün") + hash("2"),
            hash("") + hash("3")
        };
        SumModel model = SumModel.of(SumModel.hashed("f0", true), SumModel.hashed("f1", true));

        Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);

        assertThat(node.predictions(scored))
                .containsExactlyElementsOf(IntStream.range(0, expected.length)
                        .mapToObj(row -> row + "|" + expected[row])
                        .toList());
        assertThat(scored.unseen()).isEmpty();

        SumModel strict = SumModel.of(SumModel.hashed("f0", false), SumModel.hashed("f1", false));
        Scored quarantined = node.score(TestJobBuilder.over(file).build(), strict, file);
        assertThat(node.reasons(quarantined)).containsExactly("2|feature \"f0\" is missing");
        assertThat(node.predictions(quarantined)).contains("1|" + expected[1]).hasSize(4);
    }

    private static double hash(String text) {
        return TextHash.CITY.of(text);
    }

    @Test
    void valuesThatAreNoTextAreNotHashed() {
        for (String value : List.of("1.5::DOUBLE", "true", "DATE '2026-12-01'")) {
            Path file = node.parquet("in.parquet", "SELECT %s AS f0".formatted(value));
            assertThatThrownBy(() -> node.score(
                            TestJobBuilder.over(file).build(), SumModel.of(SumModel.hashed("f0", false)), file))
                    .hasMessageContaining("the model's feature \"f0\" wants a text or a whole number");
        }
        Path file = node.parquet("in.parquet", "SELECT 'a' AS f0");
        assertThatThrownBy(() -> node.score(
                        TestJobBuilder.over(file).categories("f0", "a").build(),
                        SumModel.of(SumModel.hashed("f0", false)),
                        file))
                .hasMessageContaining("categories.f0: the model takes any text");
    }
}
