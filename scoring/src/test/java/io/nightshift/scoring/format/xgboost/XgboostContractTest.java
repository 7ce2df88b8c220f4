package io.nightshift.scoring.format.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Flights;
import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.form.Forest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract, and what is special to XGBoost's files.
class XgboostContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() throws IOException {
        return Map.of(
                "json", Files.readAllBytes(Flights.resource("xgb100x6.json")),
                "ubjson", Files.readAllBytes(Flights.resource("xgb100x6.ubj")));
    }

    @Override
    protected int alterations() {
        return 40;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\":\"gbtree\" | \"name\":\"gbforest\" | booster is gbforest",
                "\"name\":\"gbtree\" | \"name\":\"gblinear\" | no «weights»",
                "\"name\":\"binary:logistic\" | \"name\":\"survival:harder\" | objective is survival:harder",
                "\"num_target\":\"1\" | \"num_target\":\"3\" | 3 targets",
                "\"split_type\":[0 | \"split_type\":[1 | categorical split without categories",
                "\"split_type\":[0 | \"split_type\":[2 | unknown type 2",
                "\"size_leaf_vector\":\"1\" | \"size_leaf_vector\":\"4\" | leaves of 4 values",
                "\"left_children\":[1 | \"left_children\":[99999 | points to node 99999",
                "\"left_children\":[1 | \"left_children\":[0 | points to node 0",
                "\"left_children\":[1 | \"left_children\":[2 | two parents",
                "\"sum_hessian\":[ | \"sum_hessian\":[77, | different lengths",
                "\"split_indices\":[ | \"split_indices\":[77, | different lengths",
                "\"base_score\":\"1.99496E-1\" | \"base_score\":\"2\" | base_score"
            })
    void unsupportedPartsOfXgboostAreNamed(String part, String forged, String found) throws IOException {
        String json = Files.readString(Flights.resource("xgb100x6.json"));
        assertThat(json).contains(part);

        assertRefused(json.replace(part, forged).getBytes(StandardCharsets.UTF_8), found);
    }

    @ParameterizedTest
    @CsvSource({"NaN, sum_hessian NaN at node 0", "-5, sum_hessian -5.0 at node 0", "Infinity, sum_hessian Infinity"})
    void aCoverThatIsNoneIsRefused(String forged, String found) throws IOException {
        assertRefused(withFirstCover(forged), found);
    }

    /// The scores do not depend on it.
    @Test
    void aCoverThatIsNotTheSumOfThoseBelowLeavesTheModelWithoutCovers() throws IOException {
        Model sound = load(Flights.resource("xgb100x6.json"));
        Model odd = load(Files.write(folder.resolve("odd"), withFirstCover("1E9")));

        assertThat(sound.description().facts()).containsEntry("covers", "of all nodes");
        assertThat(odd.description().facts().get("covers"))
                .startsWith("none, because the XGBoost model, learner, gradient_booster, model, trees[0] has the"
                        + " sum_hessian 1.0E9 at node 0, and its children have ");
        assertThat(((Forest) Forms.of(odd)).hasCovers()).isFalse();
        assertThat(((Forest) Forms.of(sound)).hasCovers()).isTrue();
        Model kept = loader().load("own", ModelFile.encode(odd));
        assertThat(kept.description()).isEqualTo(odd.description());
    }

    /// A model with another number for the root of the first tree.
    private static byte[] withFirstCover(String number) throws IOException {
        String json = Files.readString(Flights.resource("xgb100x6.json"));
        String altered = json.replaceFirst("\"sum_hessian\":\\[[^,]*,", "\"sum_hessian\":[" + number + ",");
        assertThat(altered).isNotEqualTo(json);
        return altered.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aUbjsonLengthThatIsNotThereCostsNoMemory() throws IOException {
        assertRefused(
                new byte[] {'{', 'U', 1, 'a', '[', '$', 'D', '#', 'L', 0, 0, 0, 127, -1, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', '[', '#', 'L', 0, 0, 0, 127, -1, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', 'S', 'l', 127, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', '[', '$', 'Z', '#', 'l', 127, -1, -1, -1}, "type for all elements");
        byte[] deep = new byte[100_000];
        Arrays.fill(deep, (byte) '[');
        System.arraycopy(new byte[] {'{', 'U', 1, 'a'}, 0, deep, 0, 4);
        assertRefused(deep, "deeper than");
    }
}
