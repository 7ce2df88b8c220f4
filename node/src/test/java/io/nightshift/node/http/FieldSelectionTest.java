package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.node.gateway.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldSelectionTest {

    private static final String BATCHES = """
            [{"batch": "a", "state": "published", "submitted_at": "2026-11-28T02:00:00Z",
              "use": {"cost": null, "active_seconds": 3.5, "cores": 2},
              "checks": [{"name": "psi.hour", "value": 0.1, "text": "long"}, {"name": "rows.min", "value": 7}]},
             {"batch": "b", "use": null}]
            """;

    private static JsonNode retained(String fields) {
        JsonNode batches = ApiJson.read(BATCHES, JsonNode.class);
        FieldSelection.parse(fields, BatchDescription.class).retain(batches);
        return batches;
    }

    @Test
    void fieldsOfFieldsAndOfElementsAreSelected() {
        assertThat(retained("batch,submitted_at,use.active_seconds,checks.name"))
                .isEqualTo(ApiJson.read("""
                        [{"batch": "a", "submitted_at": "2026-11-28T02:00:00Z", "use": {"active_seconds": 3.5},
                          "checks": [{"name": "psi.hour"}, {"name": "rows.min"}]},
                         {"batch": "b", "use": null}]
                        """, JsonNode.class));
    }

    @Test
    void aWholeFieldHasAllItsFields() {
        assertThat(retained("use.cores,use").get(0).get("use").size()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "batch,", "submittedAt", "use.price", "state.name", "parameters.day", "use."})
    void aFieldThatDoesNotExistIsRefused(String fields) {
        assertThatThrownBy(() -> retained(fields))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("There is no field");
    }
}
