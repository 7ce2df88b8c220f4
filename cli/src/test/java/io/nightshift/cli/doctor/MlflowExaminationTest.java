package io.nightshift.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.storage.endpoint.Diagnosis;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MlflowExaminationTest {

    /// Nothing listens at port 1.
    private static final MlflowSettings AWAY =
            new MlflowSettings(URI.create("http://127.0.0.1:1"), null, new Credentials.None(), Duration.ofSeconds(10));

    @Test
    void nothingIsSaidWithoutAServer() {
        assertThat(MlflowExamination.of(() -> null, () -> null)).isEmpty();
    }

    @Test
    void aVariableForOtherProgramsIsNoProblem() {
        assertThat(MlflowExamination.of(
                        () -> null, () -> MlflowSettings.environment(Map.of("MLFLOW_TRACKING_URI", "databricks")::get)))
                .hasValueSatisfying(said -> {
                    assertThat(said.outcome()).isEqualTo(Diagnosis.Outcome.FINE);
                    assertThat(said.detail())
                            .startsWith("not configured, and jobs can't use the server of the environment: ")
                            .contains("MLFLOW_TRACKING_URI names no server", "Set nightshift.mlflow.url");
                });
        assertThat(MlflowExamination.of(() -> null, () -> AWAY))
                .hasValueSatisfying(said -> assertThat(said.outcome()).isEqualTo(Diagnosis.Outcome.FINE));
    }

    @Test
    void aConfiguredServerThatIsAwayIsAProblem() {
        assertThat(MlflowExamination.of(() -> AWAY, () -> AWAY)).hasValueSatisfying(said -> {
            assertThat(said.outcome()).isEqualTo(Diagnosis.Outcome.PROBLEM);
            assertThat(said.detail()).contains("nothing listens at its address");
        });
    }
}
