package io.nightshift.node.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A signature and the file next to it.
final class MlflowSignatureTest {

    private static final FeatureType NUMBER = new FeatureType.Numeric(FeatureType.Precision.FLOAT32);

    private static MlflowSignature signature(String... types) {
        StringBuilder json = new StringBuilder();
        for (int i = 0; i < types.length; i++) {
            json.append(i == 0 ? "" : ",")
                    .append("{\"name\": \"c%d\", \"type\": \"%s\", \"required\": true}".formatted(i, types[i]));
        }
        return Objects.requireNonNull(MlflowSignature.parse("[" + json + "]", "m"));
    }

    private static ModelDescription file(@Nullable String... names) {
        return new ModelDescription(
                "xgboost-json",
                "gbtree",
                Task.REGRESSION,
                Stream.of(names)
                        .map(name -> new ModelFeature(name, NUMBER, true))
                        .toList(),
                List.of(),
                Map.of());
    }

    @Test
    void aFileWithoutNamesTakesThoseOfTheSignature() {
        ModelDescription described = signature("double", "long").describe(file(null, null), "m");

        assertThat(described.features()).extracting(ModelFeature::name).containsExactly("c0", "c1");
    }

    @Test
    void aSignatureMayHaveMoreColumnsThanANamedFile() {
        ModelDescription described = signature("double", "long", "string").describe(file("c1", "c0"), "m");

        assertThat(described).isEqualTo(file("c1", "c0"));
    }

    @Test
    void aSignatureOfAnotherModelIsRefused() {
        assertThatThrownBy(() -> signature("double").describe(file(null, null), "m"))
                .hasMessageContaining("the signature of m has 1 columns, and its file takes 2 features without names");
        assertThatThrownBy(() -> signature("double", "double").describe(file("c0", "age", "plan"), "m"))
                .hasMessageContaining("the signature of m lacks the features age, plan of its file");
    }

    @Test
    void aTextThatTheFileTakesAsANumberIsRefused() {
        assertThatThrownBy(() -> signature("double", "string").describe(file("c0", "c1"), "m"))
                .hasMessageContaining("the column \"c1\" of m is a text by its signature, and its file takes a number");
    }

    @Test
    void aBrokenSignatureIsRefused() {
        assertThatThrownBy(() -> MlflowSignature.parse("[{", "m"))
                .hasMessageContaining("the signature of m can't be read");
        assertThat(MlflowSignature.parse("{}", "m")).isNull();
        assertThat(MlflowSignature.parse("[]", "m")).isNull();
    }
}
