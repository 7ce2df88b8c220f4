package io.nightshift.source;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutputCheckTest {

    private static final ModelDescription NUMBER = TestModels.ofNumbers(1);
    private static final ModelDescription TWO = classes(Task.BINARY, "no", "yes");
    private static final ModelDescription THREE = classes(Task.MULTICLASS, "0", "1", "2");

    private static ModelDescription classes(Task task, String... names) {
        return new ModelDescription(
                "test", "classes", task, List.of(TestModels.number("f0")), List.of(names), Map.of());
    }

    private static Job.Output output(String yaml) {
        String job =
                "{job: a, model: m, source: {parquet: /p}, destination: {parquet: /d}, output: {%s}}".formatted(yaml);
        return JobFile.parse(job.getBytes(StandardCharsets.UTF_8)).output();
    }

    private static ModelDescription model(String name) {
        return switch (name) {
            case "number" -> NUMBER;
            case "two" -> TWO;
            default -> THREE;
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "number|labels: {0: a}|output.labels: the model predicts a number, and has no classes",
                "two|labels: {no: a, yess: b}|output.labels: the model has no class \"yess\"; did you mean \"yes\"?",
                "three|labels: {0: a, 2: b}|output.labels: no text for the class 1; give one for each class: 0, 1, 2",
                "number|top-classes: 1|output.top-classes: the model predicts a number",
                "three|top-classes: 4|output.top-classes: 4, but the model has 3 classes",
                "two|decisions: {a: 1.5}|output.decisions.a: the threshold 1.5; a probability is from 0 to 1",
                "two|decisions: {a: {threshold: 1, by: s, thresholds: {x: -1}}}|output.decisions.a.thresholds.x: the threshold -1.0",
                "three|decisions: {a: 0.5}|output.decisions.a: the model has 3 classes; name the one whose probability",
                "three|decisions: {a: {threshold: 0.5, class: 7}}|output.decisions.a.class: the model has no class \"7\"",
                "number|decisions: {a: {threshold: 0.5, class: 7}}|output.decisions.a.class: the model predicts a number",
                "three|rename: {probability_3: p}|output.rename: the output has no column \"probability_3\"",
                "number|rename: {probability: p}|output.rename: the output has no column \"probability\"",
                "two|rename: {margin: p}, margin: true|output.rename: the output has no column \"margin\"",
            })
    void whatTheModelDoesNotHaveIsRefused(String model, String yaml, String message) {
        assertThatThrownBy(() -> OutputCheck.check(output(yaml), model(model)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "number|decisions: {a: -1500}",
                "two|labels: {no: a, yes: b}, top-classes: 2",
                "two|decisions: {a: 0, b: {threshold: 1, class: no}}",
                "three|top-classes: 3, rename: {class_3: worst, probability_2: p}",
                "three|columns: [a], rename: {a: b}",
            })
    void whatTheModelHasIsAccepted(String model, String yaml) {
        assertThatCode(() -> OutputCheck.check(output(yaml), model(model))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"VARCHAR", "BIGINT", "BOOLEAN", "DATE", "ENUM('a')"})
    void aSegmentHasOneText(String type) {
        assertThatCode(() -> OutputCheck.segment(new BoundJob.Bound("s", "s", type)))
                .doesNotThrowAnyException();
    }

    @Test
    void aSegmentOfFractionsIsRefused() {
        assertThatThrownBy(() -> OutputCheck.segment(new BoundJob.Bound("s", "s", "DOUBLE")))
                .hasMessageContaining("output.decisions: s is DOUBLE; a segment is a text, a whole number");
    }
}
