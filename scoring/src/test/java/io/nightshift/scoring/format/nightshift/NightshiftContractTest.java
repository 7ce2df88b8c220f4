package io.nightshift.scoring.format.nightshift;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.Flights;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.format.sklearn.ExchangeFormatTest;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract, and what is special to our own files.
class NightshiftContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() {
        return Map.of(
                "forest", ModelFile.encode(Model.load(Flights.resource("xgb100x6.ubj"))),
                "linear", ModelFile.encode(Model.load(ExchangeFormatTest.kept().resolve("kept-logistic.json"))));
    }

    @Override
    protected int alterations() {
        return 200;
    }

    @ParameterizedTest
    @ValueSource(strings = {"forest", "linear"})
    void aFileWithOneBitFlippedIsRefused(String name) throws IOException {
        byte[] whole = Objects.requireNonNull(models().get(name));
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            byte[] altered = whole.clone();
            altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(8));
            assertRefused(altered);
        }
    }

    @Test
    void aModelOfALibraryThatTheLoaderDoesNotHaveNamesItsModule() {
        RowForm rows = new RowForm(1, 0, 0, new ElsewhereModel());
        Model model = Model.of(new ModelDefinition(
                new ModelDescription(
                        "elsewhere",
                        "constant",
                        Task.REGRESSION,
                        List.of(new ModelFeature("x", new FeatureType.Numeric(Precision.FLOAT64), false)),
                        List.of(),
                        Map.of()),
                rows));
        byte[] file = ModelFile.encode(model);

        assertThatThrownBy(() -> Model.load("m", file))
                .isInstanceOf(ModelException.class)
                .hasMessage("The model m is refused: it is computed by the library elsewhere;"
                        + " a program loads it with the module nightshift-elsewhere");
    }

    /// A model of a library that this module does not know.
    private record ElsewhereModel() implements RowForm.RowModel {
        @Override
        public String library() {
            return "elsewhere";
        }

        @Override
        public ModelPart part() {
            return new ModelPart("constant", List.of(new double[] {1}), List.of());
        }

        @Override
        public RowForm.RowScorer scorer() {
            return (row, outputs) -> outputs[0] = 1;
        }

        @Override
        public String kernel() {
            return "a constant";
        }

        @Override
        public long heapBytes() {
            return 0;
        }
    }
}
