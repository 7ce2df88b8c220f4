package io.nightshift.scoring.format.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Flights;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XgboostFormatTest {

    @ParameterizedTest
    @ValueSource(strings = {"xgb100x6.ubj", "xgb100x6.json"})
    void scoresOfRealFlightsAreTheLibrarysOwn(String file) {
        Model model = Model.load(Flights.resource(file));
        Flights flights = Flights.load();
        double[][] outputs = new double[2][flights.rows()];

        model.scorer().score(flights.features(), flights.rows(), outputs);

        for (int row = 0; row < flights.rows(); row++) {
            float expected = flights.probabilities()[row];
            assertThat(Math.abs(outputs[1][row] - expected)).isLessThanOrEqualTo(Math.ulp(expected));
            assertThat(outputs[0][row]).isEqualTo(expected > 0.5f ? 1.0 : 0.0);
        }
    }

    @Test
    void theDescriptionSaysWhatTheFileKnows() {
        var description = Model.load(Flights.resource("xgb100x6.json")).description();

        assertThat(description.format()).isEqualTo("xgboost-json");
        assertThat(description.task()).isEqualTo(Task.BINARY);
        assertThat(description.features()).hasSize(Flights.FEATURES);
        assertThat(description.classes()).containsExactly("0", "1");
        assertThat(description.facts())
                .containsEntry("objective", "binary:logistic")
                .containsEntry("trees", "100")
                .containsEntry("library", "XGBoost 3.0.0");
    }
}
