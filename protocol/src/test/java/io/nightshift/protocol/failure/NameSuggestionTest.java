package io.nightshift.protocol.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameSuggestionTest {

    @ParameterizedTest
    @CsvSource({"paruqet,parquet", "ba,ab", "id,ids", "Delay,delays", "carier,Carrier"})
    void aNameWithFewEditsIsSuggestedWhereASwapIsOneEdit(String text, String name) {
        assertThat(NameSuggestion.closest(text, List.of("churn", name))).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({"'',abc", "fraud,delays", "qaruqet,ids"})
    void aNameWithManyEditsIsNotSuggested(String text, String name) {
        assertThat(NameSuggestion.closest(text, List.of(name))).isNull();
    }

    @Test
    void theClosestOfSeveralNamesIsSuggested() {
        assertThat(NameSuggestion.closest("Delay", List.of("relays", "delays", "churn")))
                .isEqualTo("delays");
    }

    @Test
    void aVeryLongTextIsNotCompared() {
        assertThat(NameSuggestion.closest("x".repeat(1_000_000), List.of("x"))).isNull();
    }
}
