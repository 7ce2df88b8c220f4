package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelFormatContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract, and what is special to exchange files.
class ExchangeContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() throws IOException {
        Map<String, byte[]> models = new HashMap<>();
        for (String name : List.of("kept-codes", "kept-classes", "kept-covers", "kept-logistic", "kept-pipeline")) {
            models.put(name, exchange(name).strip().getBytes(StandardCharsets.UTF_8));
        }
        return models;
    }

    @Override
    protected int alterations() {
        return 700;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"version\":1 | \"version\":3 | version 3; supported are 1 and 2",
                "\"version\":1 | \"version\":1.5 | version is 1.5",
                "\"link\":\"logistic\" | \"link\":\"probit\" | link is «probit»; supported are identity",
                "\"link\":\"logistic\" | \"link\":\"logistic-above\" | link is «logistic-above»; supported are identity",
                "\"link\":\"logistic\" | \"link\":\"identity\" | 2 outputs",
                "\"precision\":\"float64\" | \"precision\":\"float16\" | precision «float16»",
                "\"missing\":true | \"missing\":1 | missing is the number 1.0 and not true or false",
                "\"goes_left\":\"<=\" | \"goes_left\":\">\" | goes left by «>»",
                "\"features\":[{} | \"features\":[[] | features[0]",
                "\"features\":[{} | \"features\":[{\"name\":\"a\"} | all features of a model are named",
                "\"features\":[{},{} | \"features\":[{\"name\":\"a\"},{\"name\":\"a\"} | two features with the name «a»",
                "\"features\":[{} | \"features\":[{\"levels\":[]} | levels",
                "\"classes\":[\"no\",\"yes\"] | \"classes\":[\"no\"] | does not go with the classes",
                "\"classes\":[\"no\",\"yes\"] | \"classes\":[\"no\",\"no\"] | two classes with the same name",
                "\"width\":1 | \"width\":1000000 | a leaf holds one number",
                "\"width\":1 | \"width\":0 | a leaf holds one number",
                "\"divisor\":1.0 | \"divisor\":0 | sums are divided",
                "\"slope\":1.0 | \"slope\":NaN | sums are divided",
                "\"base\":[ | \"base\":[NaN, | NaN among its numbers",
                "\"base\":[ | \"base\":[1, | does not go with 2 sums",
                "\"trees\":[ | \"trees\":[3, | lengths that do not match",
                "\"trees\":[ | \"trees\":[2000000000,2000000000, | lengths that do not match",
                "\"groups\":[0 | \"groups\":[1 | the group of tree 0",
                "\"kinds\":[ | \"kinds\":[0, | lengths that do not match",
                "\"leaves\":[ | \"leaves\":[0, | lengths that do not match",
                "\"thresholds\":[ | \"thresholds\":[0, | lengths that do not match",
                "\"set_sizes\":[ | \"set_sizes\":[1, | set_sizes does not go with",
                "\"set_sizes\":[ | \"set_sizes\":[-1, | set_sizes does not go with",
                "\"set_categories\":[ | \"set_categories\":[0, | categories, and sets of",
                "\"forest\": | \"linear\":{},\"forest\": | either a forest or a linear model",
                "\"features\":[{} | \"features\":[{\"levels\":[\"a\"],\"categories\":[1]} | levels and categories",
                "\"features\":[{} | \"features\":[{\"categories\":[2,1]} | codes of categories ascend",
                "\"library\": | \"library\":1,\"library\": | occurs twice"
            })
    void unsupportedPartsOfAnExchangeFileAreNamed(String part, String forged, String found) throws IOException {
        String text = exchange("kept-codes");
        assertThat(text).contains(part);

        assertRefused(text.replace(part, forged).getBytes(StandardCharsets.UTF_8), found);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"kind\":\"scale\" | \"kind\":\"skale\" | (skale) is of an unknown kind",
                "\"in\":[1],\"out\":1 | \"in\":[21],\"out\":1 | reads column 21 of 5",
                "\"in\":[1],\"out\":1 | \"in\":[-1],\"out\":1 | reads column -1 of 5",
                "\"in\":[5,6,7] | \"in\":[5,6] | reads 2 columns and appends 3; it should be 2 and 2",
                "\"in\":[1],\"out\":1 | \"in\":[1],\"out\":1000000 | leads to 1000005 columns; supported are 131072",
                "\"subtract\":[ | \"subtract\":[1, | has 4 numbers for subtract; it needs 3",
                "\"keys\":[0.0, | \"keys\":[1.0, | has the key 1.0 twice",
                "\"keys\":[ | \"keyz\":[ | has no keys",
                "\"columns\":[0.0, | \"columns\":[5.0, | has 5.0 for columns; it can have whole numbers from -1 to 4",
                "\"weights\":[ | \"weights\":[0, | has 11 numbers for weights; it needs 10",
                "\"prediction\":20 | \"prediction\":21 | a result is column 21 of 21",
                "\"prediction\":20 | \"prediction\":19 | the predicted class is none of the model's classes",
                "\"probabilities\":[19] | \"probabilities\":[] | 0 columns of probabilities for 2 classes",
                "\"open\":true | \"open\":1 | open is the number 1.0 and not true or false",
                "\"rows\":200 | \"rows\":201 | has 200 rows; it should have 201"
            })
    void unsupportedPartsOfStepsAreNamed(String part, String forged, String found) throws IOException {
        String text = exchange("kept-pipeline");
        assertThat(text).contains(part);

        assertRefused(text.replace(part, forged).getBytes(StandardCharsets.UTF_8), found);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[3, 0.5] | of all nodes",
                "[0, 0] | none, because no training weight reached tree 0",
                "[3] | lengths that do not match",
                "[] | lengths that do not match",
                "[3, 1, 1] | lengths that do not match",
                "[3, NaN] | tree 0 has a node with the cover NaN",
                "[3, -1] | tree 0 has a node with the cover -1.0",
                "[3, Infinity] | tree 0 has a node with the cover Infinity",
                "3 | covers"
            })
    void coversAreSoundOrRefused(String covers, String found) throws IOException {
        byte[] content = """
                {"format": "nightshift-exchange", "version": 1, "library": "", "algorithm": "made", "features": [{}],
                "precision": "float64", "missing": true, "classes": [], "link": "identity", "forest": {
                "width": 1, "base": [0], "divisor": 1, "slope": 1, "goes_left": "<=", "set_sizes": [],
                "set_categories": [], "groups": [0], "trees": [3], "kinds": [1, 0, 0], "features": [0],
                "thresholds": [0.5], "leaves": [1, 2], "covers": %s}}""".formatted(covers).getBytes(StandardCharsets.UTF_8);

        if (found.startsWith("of") || found.startsWith("none")) {
            Model model = load(Files.write(folder.resolve("model"), content));
            assertThat(model.description().facts()).containsEntry("covers", found);
            assertThat(loader().load("own", ModelFile.encode(model)).description())
                    .isEqualTo(model.description());
        } else {
            assertRefused(content, found);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[3] | [1,0,0] | [0] | [0.5] | [1,2] | ok",
                "[3] | [3,0,0] | [0] | [1] | [1,2] | ok",
                "[3] | [3,0,0] | [0] | [2] | [1,2] | the set 2.0 of 2",
                "[3] | [3,0,0] | [0] | [0.5] | [1,2] | the set 0.5 of 2",
                "[3] | [4,0,0] | [0] | [0.5] | [1,2] | a node of the kind 4",
                "[3] | [1,0,0] | [7] | [0.5] | [1,2] | tests feature 7 of 1",
                "[3] | [1,0,0] | [-1] | [0.5] | [1,2] | tests feature -1 of 1",
                "[3] | [1,0,0] | [0] | [NaN] | [1,2] | tests against a number",
                "[3] | [1,0,0] | [0] | [0.5] | [1,NaN] | a leaf with NaN",
                "[2] | [1,0] | [0] | [0.5] | [1] | fewer nodes than its tests need",
                "[3] | [0,1,0] | [0] | [0.5] | [1,2] | more nodes than its tests need",
                "[0,3] | [1,0,0] | [0] | [0.5] | [1,2] | lengths that do not match",
                "[] | [] | [] | [] | [] | a forest has trees"
            })
    void anExchangedTreeIsSoundOrRefused(
            String trees, String kinds, String features, String thresholds, String leaves, String found)
            throws IOException {
        byte[] content = """
                {"format": "nightshift-exchange", "version": 1, "library": "", "algorithm": "made", "features": [{}],
                "precision": "float64", "missing": true, "classes": [], "link": "identity", "forest": {
                "width": 1, "base": [0], "divisor": 1, "slope": 1, "goes_left": "<=", "set_sizes": [1, 2],
                "set_categories": [4, 5, 6], "groups": %s,
                "trees": %s, "kinds": %s, "features": %s, "thresholds": %s, "leaves": %s}}
                """.formatted(
                        trees.equals("[0,3]") ? "[0,0]" : trees.equals("[]") ? "[]" : "[0]",
                        trees,
                        kinds,
                        features,
                        thresholds,
                        leaves)
                .getBytes(StandardCharsets.UTF_8);

        if (found.equals("ok")) {
            scoreOrRefuse(content, 0);
            assertThat(load(folder.resolve("model")).description().format()).isEqualTo("exchange");
        } else {
            assertRefused(content, found);
        }
    }

    private static String exchange(String name) throws IOException {
        return Files.readString(ExchangeFormatTest.kept().resolve(name + ".json"));
    }
}
