package io.nightshift.node.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The settings that the variables of MLflow's own clients give.
final class MlflowSettingsTest {

    @ParameterizedTest
    @ValueSource(strings = {"databricks", "sqlite:///mlflow.db", "file:./mlruns", "./mlruns", "http://me:t0p@host"})
    void anAddressThatIsNoServerIsRefusedWithTheNameOfTheVariable(String uri) {
        assertThatThrownBy(() -> MlflowSettings.environment(Map.of("MLFLOW_TRACKING_URI", uri)::get))
                .hasMessageContaining("MLFLOW_TRACKING_URI names no server that Nightshift can ask: ")
                .hasMessageContaining("Set nightshift.mlflow.url")
                .hasMessageNotContaining("t0p");
    }

    @Test
    void blankVariablesAreNotSet() {
        assertThat(MlflowSettings.environment(Map.of("MLFLOW_TRACKING_URI", " ")::get))
                .isNull();
        MlflowSettings settings = Objects.requireNonNull(MlflowSettings.environment(Map.of(
                "MLFLOW_TRACKING_URI",
                "http://localhost:5000",
                "MLFLOW_TRACKING_USERNAME",
                "",
                "MLFLOW_TRACKING_TOKEN",
                " ",
                "MLFLOW_TRACKING_SERVER_CERT_PATH",
                "")::get));
        assertThat(settings.credentials()).isEqualTo(new Credentials.None());
        assertThat(settings.ca()).isNull();
    }
}
