package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolloutTest {

    private static final String WHOLE =
            "{candidate: churn@blue, share: 5%, guards: {latency: 1.5, quarantined: 0.1%}, on-pass: promote, on-fail: fail}";

    private static Job job(String model, String rollout, String source) {
        return JobFile.parse("""
                job: churn
                model: %s
                source: {parquet: /lake/*.parquet%s}
                destination: {parquet: /predictions}
                rollout: %s
                """.formatted(model, source, rollout).getBytes(StandardCharsets.UTF_8), Map.of());
    }

    private static Job job(String rollout) {
        return job("churn@champion", rollout, "");
    }

    @Test
    void theSectionSaysWhichVersionIsTriedAndHow() {
        assertThat(job(WHOLE).rollout())
                .isEqualTo(new Rollout(
                        new ModelReference.Alias("churn", "blue"),
                        Rollout.Mode.CANARY,
                        0.05,
                        List.of(
                                new Rollout.Guard(Rollout.Measure.QUARANTINED, 0.001),
                                new Rollout.Guard(Rollout.Measure.LATENCY, 1.5)),
                        Rollout.OnPass.PROMOTE,
                        Rollout.OnFail.FAIL));
        Rollout least = Objects.requireNonNull(
                job("{candidate: churn@2, guards: {prediction-psi: 0.2}}").rollout());
        assertThat(least.share()).isEqualTo(0.1);
        assertThat(least.onPass()).isEqualTo(Rollout.OnPass.KEEP);
        assertThat(least.onFail()).isEqualTo(Rollout.OnFail.ROLLBACK);
    }

    @Test
    void aShadowNamesTheSampleAndTheRowsThatItReports() {
        Job job = job("{candidate: churn@blue, mode: shadow, sample: 10%, differences: 3}");
        Rollout shadow = Objects.requireNonNull(job.rollout());
        assertThat(shadow).isEqualTo(Rollout.shadow(new ModelReference.Alias("churn", "blue"), 0.1, 3));
        assertThat(shadow.isCanary()).isFalse();
        assertThat(job("{candidate: churn@blue, mode: shadow}").rollout())
                .isEqualTo(Rollout.shadow(new ModelReference.Alias("churn", "blue"), 1, 10));

        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8))
                        .rollout())
                .isEqualTo(shadow);
        assertThat(JobFingerprint.of(job))
                .isNotEqualTo(
                        JobFingerprint.of(job("{candidate: churn@blue, mode: shadow, sample: 10%, differences: 4}")));
    }

    @Test
    void itsTextIsReadAsTheSameSectionAndIsAPartOfTheJobsIdentity() {
        Job job = job(WHOLE);

        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8))
                        .rollout())
                .isEqualTo(job.rollout());
        assertThat(JobFingerprint.of(job)).isNotEqualTo(JobFingerprint.of(job(WHOLE.replace("5%", "6%"))));
        assertThat(JobFingerprint.of(job)).isNotEqualTo(JobFingerprint.of(job(WHOLE.replace("1.5", "2"))));
    }

    @Test
    void aCandidateMayBeAVersionOfAnMlflowServer() {
        Job job = job("{candidate: 'mlflow:/Churn model@next', guards: {latency: 2}}");
        MlflowPin pin =
                new MlflowPin("mlflow:/Churn model/7", null, "s3://bucket", "model.xgb", "7".repeat(64), List.of());
        Rollout rollout = Objects.requireNonNull(job.rollout());
        ModelReference.Mlflow candidate = (ModelReference.Mlflow) rollout.candidate();

        Job pinned = JobBuilder.builder(job)
                .rollout(rollout.with(candidate.with(pin)))
                .build();

        assertThat(job.effects()).containsExactly(JobEffect.ADDS_VERSIONS);
        assertThat(JobFingerprint.of(pinned)).isEqualTo(JobFingerprint.of(job));
        assertThat(JobFile.parse(JobText.of(pinned).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(job);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 1, 1", "0.1, 10, 1", "0.1, 11, 2", "1, 7, 7", "0.000001, 1000000, 1", "0.3, 10, 3"})
    void aShareOfThePartitionsIsRoundedUp(double share, int partitions, int chosen) {
        Rollout rollout = new Rollout(
                new ModelReference.Exact("churn", 2),
                Rollout.Mode.CANARY,
                share,
                List.of(new Rollout.Guard(Rollout.Measure.LATENCY, 2)),
                Rollout.OnPass.KEEP,
                Rollout.OnFail.FAIL);

        assertThat(rollout.partitions(partitions)).isEqualTo(chosen);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "churn@champion | {candidate: churn@2} | | rollout.guards",
                "churn@champion | {candidate: churn@2, guards: {}} | | rollout.guards",
                "churn@champion | {candidate: churn@2, guards: {latency: 2}, sample: 10%} | | rollout.sample",
                "churn@champion | {candidate: churn@2, mode: shadow, sample: 0} | | rollout.sample",
                "churn@champion | {candidate: churn@2, mode: shadow, guards: {latency: 2}} | | rollout.guards",
                "churn@champion | {candidate: churn@2, mode: shadow, on-pass: keep} | | rollout.on-pass",
                "churn@champion | {candidate: churn@2, guards: {latency: 2}, share: 0} | | rollout.share",
                "churn@champion | {candidate: sales@2, guards: {latency: 2}} | | rollout.candidate",
                "churn@champion | {candidate: churn, guards: {latency: 2}} | | rollout.candidate",
                "churn@champion | {candidate: new.ubj, guards: {latency: 2}} | | rollout.candidate",
                "/models/churn.ubj | {candidate: churn@2, guards: {latency: 2}} | | rollout.candidate",
                "churn@1 | {candidate: churn@2, guards: {latency: 2}, on-pass: promote} | | rollout.on-pass",
                "churn@1 | {candidate: 'mlflow:/churn@next', guards: {latency: 2}, on-pass: promote} | | rollout.on-pass",
                "churn | {candidate: 'mlflow:/runs/abc/model', guards: {latency: 2}} | | as mlflow:/name@alias or mlflow:/name/7",
                "/models/churn.ubj | {candidate: 'mlflow:/churn@next', guards: {latency: 2}} | | rollout.candidate",
                "mlflow:/churn@champion | {candidate: 'mlflow:/churn@next', guards: {latency: 2}} | | nightshift model import mlflow:/churn@champion",
                "churn@champion | {candidate: churn@2, guards: {latency: 2}} | , on-change: extend | rollout with source.on-change",
            })
    void anythingThatCanNotBeTriedIsRefused(String model, String rollout, String source, String message) {
        assertThatThrownBy(() -> job(model, rollout, source == null ? "" : source))
                .isInstanceOf(JobFileException.class)
                .hasMessageContaining(message);
    }
}
