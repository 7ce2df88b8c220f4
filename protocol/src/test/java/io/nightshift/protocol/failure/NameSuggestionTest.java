package io.nightshift.protocol.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameSuggestionTest {

    @ParameterizedTest
    @CsvSource({"ab,ab,0", "ab,ba,1", "parquet,paruqet,1", "id,ids,1", "abc,'',3", "rows,crow,2"})
    void aSwapOfNeighboursIsOneEdit(String a, String b, int distance) {
        assertThat(NameSuggestion.distance(a, b)).isEqualTo(distance);
        assertThat(NameSuggestion.distance(b, a)).isEqualTo(distance);
    }

    @Test
    void theNearestOfSeveralIsMeantAndNothingWhereNoneIsNear() {
        assertThat(NameSuggestion.closest("Delay", List.of("relays", "delays", "churn")))
                .isEqualTo("delays");
        assertThat(NameSuggestion.closest("fraud", List.of("relays", "delays", "churn")))
                .isNull();
    }
}
