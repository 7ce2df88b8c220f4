package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.Measure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.storage.JobBuilder;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an attempt counts for the checks of its job.
class ChecksIT {

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
                JobBuilder.over(file)
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
                JobBuilder.over(file)
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
                JobBuilder.over(file)
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
                JobBuilder.over(file).checks(range("n", 100.0, 8_999.0)).build(), MODEL, file);

        assertThat(counts(scored)).containsExactly(1_100L);
    }

    @Test
    void aJobWithoutChecksReportsNothing() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");

        assertThat(node.score(JobBuilder.over(file).build(), MODEL, file)
                        .result()
                        .commit()
                        .statistics())
                .isNull();
    }

    @Test
    void aCheckThatCannotBeIsRefused() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0, 'a' AS name");

        assertThatThrownBy(() ->
                        node.score(JobBuilder.over(file).checks(nulls("nme")).build(), MODEL, file))
                .hasMessageContaining("checks.nulls: \"nme\" is neither a column of")
                .hasMessageContaining("did you mean \"name\"?");
        assertThatThrownBy(() -> node.score(
                        JobBuilder.over(file).checks(range("name", 0.0, 1.0)).build(), MODEL, file))
                .hasMessage(
                        "checks.range.name: name is VARCHAR, which has no range of numbers; check a number, which you can compute under source.select");
    }
}
