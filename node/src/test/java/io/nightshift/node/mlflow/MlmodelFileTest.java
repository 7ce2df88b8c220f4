package io.nightshift.node.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The file `MLmodel` as MLflow writes it.
final class MlmodelFileTest {

    @Test
    void theFileAndTheColumnsOfAModelAreRead() {
        MlmodelFile file = MlmodelFile.parse("""
                artifact_path: file:///mlruns/1/models/m-75b2/artifacts
                flavors:
                  python_function:
                    data: other.xgb
                    env:
                      conda: conda.yaml
                      virtualenv: python_env.yaml
                    loader_module: mlflow.xgboost
                  xgboost:
                    code: null
                    data: model.xgb
                    model_format: xgb
                is_signature_from_type_hint: false
                metadata: [flavors, {xgboost: {data: inner.xgb}}]
                signature:
                  inputs: '[{"type": "double", "name": "mean radius", "required": true}, {"type":
                    "long", "name": "age", "required": false}]'
                  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
                  params: null
                """, "m");

        assertThat(file.flavors()).containsExactlyInAnyOrder("python_function", "xgboost");
        assertThat(file.modelFile("m")).isEqualTo("model.xgb");
        assertThat(Objects.requireNonNull(file.signature("m")).columns())
                .isEqualTo(List.of(
                        new MlflowSignature.Column("mean radius", "double"),
                        new MlflowSignature.Column("age", "long")));
    }

    @Test
    void aRefusalHasNoEscapeSequencesOfTheFile() {
        MlmodelFile pickle = MlmodelFile.parse("flavors: {xgboost: {data: \"a\\e[2J.pkl\"}}", "m");
        MlmodelFile other = MlmodelFile.parse("flavors: {\"b\\e[2J\": {}}", "m");

        assertThatThrownBy(() -> pickle.modelFile("m"))
                .hasMessageContaining("in the pickle a [2J.pkl,")
                .hasMessageNotContaining("\u001b");
        assertThatThrownBy(() -> other.modelFile("m"))
                .hasMessageContaining("has the flavors b [2J,")
                .hasMessageNotContaining("\u001b");
    }

    @Test
    void aTensorHasNoColumns() {
        assertThat(MlmodelFile.parse("""
                signature:
                  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 5]}}]'
                """, "m").signature("m")).isNull();
        assertThat(MlmodelFile.parse("flavors: {}", "m").signature("m")).isNull();
    }
}
