package io.nightshift.cli.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.init.FeatureMapping.Column;
import io.nightshift.cli.init.FeatureMapping.Same;
import io.nightshift.cli.init.FeatureMapping.Unlisted;
import io.nightshift.cli.init.FeatureMapping.Unmapped;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextHash;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The mapping of features to columns.
final class FeatureMappingTest {

    private static final FeatureType NUMBER = new FeatureType.Numeric(FeatureType.Precision.FLOAT32);

    /// The values of columns of texts. The column `age` has texts that are numbers.
    private static final Map<String, List<String>> TEXTS =
            Map.of("plan", List.of("basic", "plus", "Très bon"), "age", List.of("17", "99"));

    private static ModelFeature number(String name) {
        return new ModelFeature(name, NUMBER, true);
    }

    private static FeatureMapping map(Map<String, String> columns, ModelFeature... features) {
        ModelDescription model =
                new ModelDescription("test", "test", Task.REGRESSION, Arrays.asList(features), List.of(), Map.of());
        return FeatureMapping.of(model, new DataPreview("d", columns, 9, List.of(), TEXTS, Set.of("age")), "id");
    }

    private static Map<String, String> columns(String... namesAndTypes) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            columns.put(namesAndTypes[i], namesAndTypes[i + 1]);
        }
        return columns;
    }

    @Test
    void aColumnOfTheSameNameIsTheFeature() {
        FeatureMapping mapping = map(columns("b", "DOUBLE", "a", "INTEGER"), number("a"), number("b"));

        assertThat(mapping.features()).containsExactly(new Same("a"), new Same("b"));
        assertThat(mapping.isComplete()).isTrue();
    }

    @Test
    void aTextThatTheModelKnowsByItsHashIsATextOrAWholeNumber() {
        ModelFeature plan = new ModelFeature("plan", new FeatureType.Hashed(TextHash.CITY), false);

        assertThat(map(columns("plan", "VARCHAR"), plan).features()).containsExactly(new Same("plan"));
        assertThat(map(columns("plan", "BIGINT"), plan).features()).containsExactly(new Same("plan"));
        assertThat(map(columns("plan", "DOUBLE"), plan).features())
                .containsExactly(new Unmapped(
                        "plan", "the column plan is DOUBLE, and the model needs a text", "CAST(plan AS VARCHAR)"));
    }

    @Test
    void aTextOfWhichTheModelReadsTheWordsIsAText() {
        ModelFeature review = new ModelFeature("review", new FeatureType.Text(), false);

        assertThat(map(columns("review", "VARCHAR"), review).features()).containsExactly(new Same("review"));
        assertThat(map(columns("review", "BIGINT"), review).features())
                .containsExactly(new Unmapped(
                        "review",
                        "the column review is BIGINT, and the model needs a text",
                        "CAST(review AS VARCHAR)"));
    }

    @Test
    void caseSpacesAndPunctuationMayDiffer() {
        assertThat(map(columns("Dep Delay", "DOUBLE"), number("dep_delay")).features())
                .containsExactly(new Column("dep_delay", "Dep Delay"));
    }

    @Test
    void aMisspeltNameIsReportedWithTheSimilarColumn() {
        assertThat(map(columns("distence", "DOUBLE"), number("distance")).unmapped())
                .containsExactly(
                        new Unmapped("distance", "there is no column of this name; a similar one is distence", null));
    }

    @Test
    void aColumnOfTheWrongTypeIsReportedWithAConversion() {
        assertThat(map(columns("age", "VARCHAR"), number("age")).unmapped())
                .containsExactly(new Unmapped(
                        "age", "the column age is VARCHAR, and the model needs a number", "CAST(age AS DOUBLE)"));
    }

    @Test
    void textsThatStandForNumbersAreListedAndNotConverted() {
        ModelFeature codes = new ModelFeature(
                "plan", new FeatureType.Categorical(FeatureType.Precision.FLOAT32, List.of(), List.of()), true);
        Unlisted listed = new Unlisted("plan", "plan", TEXTS.get("plan"));

        assertThat(map(columns("plan", "VARCHAR"), number("plan")).features()).containsExactly(listed);
        assertThat(map(columns("plan", "VARCHAR"), codes).features()).containsExactly(listed);
        assertThat(map(columns("plan", "VARCHAR"), codes).isComplete()).isFalse();
        assertThat(map(columns("comment", "VARCHAR"), number("comment")).unmapped())
                .as("a column of very many texts")
                .containsExactly(
                        new Unmapped("comment", "the column comment is VARCHAR, and the model needs a number", null));
    }

    @Test
    void aFeatureOfOneTextIsProposedAsAComparison() {
        assertThat(map(columns("plan", "VARCHAR"), number("plan_plus"), number("Plan=Très bon"), number("plan_gold"))
                        .unmapped())
                .extracting(Unmapped::proposal)
                .containsExactly("plan IS NOT DISTINCT FROM 'plus'", "plan IS NOT DISTINCT FROM 'Très bon'", null);
    }

    @Test
    void aPartOfTheOnlyDateIsProposed() {
        Map<String, String> oneDate = columns("when", "TIMESTAMP", "x", "DOUBLE");
        Map<String, String> twoDates = columns("when", "TIMESTAMP", "then", "DATE");

        assertThat(map(oneDate, number("hour")).unmapped().getFirst().proposal())
                .isEqualTo("hour(when)");
        assertThat(map(oneDate, number("departure_weekday"))
                        .unmapped()
                        .getFirst()
                        .proposal())
                .isEqualTo("dayofweek(when)");
        assertThat(map(twoDates, number("hour")).unmapped().getFirst().proposal())
                .isNull();
    }

    @Test
    void aNominalFeatureTakesATextColumn() {
        ModelFeature nominal = new ModelFeature("plan", new FeatureType.Nominal(List.of("basic", "plus")), false);

        assertThat(map(columns("plan", "VARCHAR"), nominal).isComplete()).isTrue();
        assertThat(map(columns("plan", "TIMESTAMP"), nominal).isComplete()).isFalse();
    }

    @Test
    void featuresWithoutNamesTakeTheColumnsInOrderIfTheirNumberFits() {
        ModelFeature unnamed = new ModelFeature(null, NUMBER, true);

        FeatureMapping fits =
                map(columns("id", "BIGINT", "a", "DOUBLE", "at", "DATE", "b", "INTEGER"), unnamed, unnamed);
        FeatureMapping oneMore = map(columns("id", "BIGINT", "a", "DOUBLE"), unnamed, unnamed);

        FeatureMapping texts = map(columns("a", "DOUBLE", "plan", "VARCHAR"), unnamed, unnamed);

        assertThat(texts.features())
                .containsExactly(new Column("feature 0", "a"), new Unlisted("feature 1", "plan", TEXTS.get("plan")));
        assertThat(fits.isNamed()).isFalse();
        assertThat(fits.features()).containsExactly(new Column("feature 0", "a"), new Column("feature 1", "b"));
        assertThat(oneMore.unmapped()).hasSize(2);
    }
}
