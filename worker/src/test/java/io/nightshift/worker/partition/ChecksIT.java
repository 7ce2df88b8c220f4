package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.Measure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an attempt counts for the checks of its job.
class ChecksIT {

    private static final ModelFeature FLOAT_0 = float32("f0");
    private static final ModelFeature FLOAT_1 = float32("f1");
    private static final SumModel MODEL = SumModel.of(SumModel.number("f0"));

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private static ModelFeature float32(String name) {
        return new ModelFeature(name, new FeatureType.Numeric(Precision.FLOAT32), true);
    }

    private static BatchCheck nulls(String column) {
        return new BatchCheck(Measure.NULLS, column, 0.1, null, null, OnFail.FAIL);
    }

    private static BatchCheck range(String column, @Nullable Double min, @Nullable Double max) {
        return new BatchCheck(Measure.RANGE, column, 0, min, max, OnFail.HOLD);
    }

    private static BatchCheck rows() {
        return new BatchCheck(Measure.ROWS_MIN, null, 1, null, null, OnFail.FAIL);
    }

    private static List<Long> counts(Scored scored) {
        return Objects.requireNonNull(scored.result().commit().statistics()).counts();
    }

    @Test
    void nullsAndValuesOutsideARangeAreCountedInColumnsOfAnyType() {
        Path file = node.parquet("in.parquet", """
                SELECT 1 AS f0, unnest([1, 5, NULL, 9, 10]) AS age, unnest(['a', NULL, 'b', NULL, 'c']) AS name,
                unnest([0.5, 'nan'::DOUBLE, NULL, 'inf'::DOUBLE, -1]) AS share""");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .checks(
                                nulls("age"),
                                rows(),
                                nulls("name"),
                                nulls("share"),
                                range("age", 5.0, 9.0),
                                range("share", null, 1.0),
                                range("share", 0.0, null))
                        .build(),
                MODEL,
                file);

        assertThat(counts(scored)).containsExactly(1L, 0L, 2L, 2L, 2L, 1L, 1L);
    }

    @Test
    void onlyRowsWithAPredictionCount() {
        Path file = node.parquet(
                "in.parquet", "SELECT unnest([1, NULL, 3, 4]) AS f0, unnest([NULL, NULL, NULL, 7]) AS age");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .where("f0 IS NULL OR f0 < 4")
                        .checks(nulls("age"), nulls("f0"))
                        .build(),
                SumModel.of(SumModel.required("f0", Precision.FLOAT64)),
                file);

        scored.assertCounts(3, 2);
        assertThat(counts(scored)).containsExactly(2L, 0L);
    }

    @Test
    void aComputedColumnIsCheckedAlsoIfItFailsForARow() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0, unnest(['1', 'x', '300']) AS age");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .select("years", "CAST(age AS INTEGER)")
                        .checks(nulls("years"), range("years", 0.0, 120.0))
                        .build(),
                MODEL,
                file);

        assertThat(counts(scored)).containsExactly(1L, 1L);
    }

    @Test
    void manyBlocksAreCounted() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0, range AS n FROM range(10000)");

        Scored scored = node.score(
                TestJobBuilder.over(file).checks(range("n", 100.0, 8_999.0)).build(), MODEL, file);

        assertThat(counts(scored)).containsExactly(1_100L);
    }

    /// The model takes FLOATs: 16,777,217 is 16,777,216 for it, and 0.1 is more than 0.1.
    @Test
    void aFeatureIsCountedAsItsColumnAndNotAsItIsRounded() {
        Path file = node.parquet("in.parquet", """
                SELECT unnest([16777217, 1, NULL, 5]) AS f0, unnest([0.1::DOUBLE, 'nan'::DOUBLE, 0.2, 0.3]) AS f1,
                unnest(['1', '2', NULL, '4']) AS f2""");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .checks(
                                range("f0", null, 16_777_216.0),
                                range("f0", 2.0, null),
                                nulls("f0"),
                                range("f1", 0.0, 0.1),
                                nulls("f1"))
                        .build(),
                SumModel.of(FLOAT_0, FLOAT_1),
                file);

        assertThat(counts(scored)).containsExactly(1L, 1L, 1L, 2L, 1L);
    }

    /// In one file the feature's column is a whole number, in the other one a fraction.
    @Test
    void filesOfDifferentTypesAreCountedAlike() {
        Path whole = node.parquet("a.parquet", "SELECT unnest([1, 2, NULL]) AS f0");
        Path fraction = node.parquet("b.parquet", "SELECT unnest([1.5::DOUBLE, 7, 'nan'::DOUBLE]) AS f0");

        Scored scored = node.score(
                TestJobBuilder.over(whole, fraction)
                        .checks(range("f0", 0.0, 1.0), nulls("f0"), psi("f0"))
                        .build(),
                SumModel.of(FLOAT_0),
                whole,
                fraction);

        assertThat(counts(scored)).containsExactly(3L, 2L, 0L);
        assertThat(distribution(scored, "f0").rows()).isEqualTo(4);
        assertThat(distribution(scored, "f0").missing()).isEqualTo(2);
    }

    @Test
    void distributionsOfFeaturesColumnsAndPredictionsAreReported() {
        Path file = node.parquet("in.parquet", """
                SELECT unnest([1, 2, NULL, 2]) AS f0, unnest(['a', 'b', 'z', NULL]) AS f1, unnest([5, 5, 6, 7]) AS age""");

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .checks(
                                psi("f1"),
                                psi("age"),
                                prediction(Measure.PREDICTION_PSI, null, null),
                                prediction(Measure.PREDICTION_MEAN, null, null),
                                prediction(Measure.PREDICTION_RANGE, -1000.0, 2.0),
                                prediction(Measure.PREDICTION_NULLS, null, null))
                        .build(),
                SumModel.of(SumModel.number("f0"), SumModel.category("f1", "a", "b")),
                file);

        // The predictions are 1, 3, -2000 and -998.
        assertThat(counts(scored)).containsExactly(0L, 0L, 0L, 0L, 2L, 0L);
        assertThat(distribution(scored, null).mean()).isEqualTo(-748.5);
        assertThat(distribution(scored, "f1").missing()).isEqualTo(1);
        assertThat(distribution(scored, "f1").bins()).hasSize(6);
        assertThat(distribution(scored, "age").rows()).isEqualTo(4);
        assertThat(distribution(scored, "age").bins()).hasSize(6);
    }

    @Test
    void distributionsOfAHundredFeaturesHaveFewerBinsEach() {
        String columns = IntStream.range(0, 100)
                .mapToObj(column -> "hash(i, %d) / 1e9 AS f%d".formatted(column, column))
                .collect(Collectors.joining(", "));
        Path file = node.parquet("in.parquet", "SELECT %s FROM range(5000) t(i)".formatted(columns));
        List<BatchCheck> checks = new ArrayList<>(List.of(prediction(Measure.PREDICTION_PSI, null, null)));
        IntStream.range(0, 100).forEach(column -> checks.add(psi("f" + column)));

        Scored scored = node.score(
                TestJobBuilder.over(file)
                        .checks(checks.toArray(BatchCheck[]::new))
                        .build(),
                SumModel.of(FLOAT_0),
                file);

        List<Distribution> distributions =
                Objects.requireNonNull(scored.result().commit().statistics()).distributions();
        assertThat(distributions)
                .hasSize(101)
                .allSatisfy(each -> assertThat(each.rows() + each.missing()).isEqualTo(5_000));
        assertThat(distribution(scored, null).mostBins()).isEqualTo(Distribution.MOST_BINS);
        assertThat(distribution(scored, "f99").mostBins()).isEqualTo(64);
        assertThat(distribution(scored, "f99").bins()).hasSizeBetween(2 * 33, 2 * 64);
    }

    private static Distribution distribution(Scored scored, @Nullable String column) {
        return PartitionStatistics.find(
                        Objects.requireNonNull(scored.result().commit().statistics())
                                .distributions(),
                        column)
                .orElseThrow();
    }

    private static BatchCheck psi(String column) {
        return new BatchCheck(Measure.PSI, column, 0.2, null, null, OnFail.FAIL);
    }

    private static BatchCheck prediction(Measure measure, @Nullable Double min, @Nullable Double max) {
        return new BatchCheck(measure, null, 0, min, max, OnFail.FAIL);
    }

    @Test
    void aJobWithoutChecksReportsNothing() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");

        assertThat(node.score(TestJobBuilder.over(file).build(), MODEL, file)
                        .result()
                        .commit()
                        .statistics())
                .isNull();
    }

    @Test
    void aCheckThatCannotBeIsRefused() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0, 'a' AS name");

        assertThatThrownBy(() -> node.score(
                        TestJobBuilder.over(file).checks(nulls("nme")).build(), MODEL, file))
                .hasMessageContaining("checks.nulls: \"nme\" is neither a column of")
                .hasMessageContaining("did you mean \"name\"?");
        assertThatThrownBy(() ->
                        node.score(TestJobBuilder.over(file).checks(psi("name")).build(), MODEL, file))
                .hasMessageContaining("checks.psi.name: name is VARCHAR, which has no distribution of numbers");
        assertThatThrownBy(() -> node.score(
                        TestJobBuilder.over(file)
                                .checks(new BatchCheck(Measure.UNSEEN, "f0", 0, null, null, OnFail.FAIL))
                                .build(),
                        MODEL,
                        file))
                .hasMessageContaining("checks.unseen-categories.f0: the model has no feature with known categories");
        assertThatThrownBy(() -> node.score(
                        TestJobBuilder.over(file)
                                .checks(range("name", 0.0, 1.0))
                                .build(),
                        MODEL,
                        file))
                .hasMessage(
                        "checks.range.name: name is VARCHAR, which has no range of numbers; check a number, which you can compute under source.select");
    }
}
