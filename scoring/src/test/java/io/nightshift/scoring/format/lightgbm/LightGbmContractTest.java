package io.nightshift.scoring.format.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Forms;
import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract, and what is special to LightGBM's files.
class LightGbmContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() {
        return Map.of("text", lightGbm().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    protected int needed(String name, byte[] content) {
        return lightGbm().indexOf("end of trees");
    }

    @Override
    protected int alterations() {
        return 1500;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "objective=binary sigmoid:1 | objective=cosine | objective is cosine; supported are binary",
                "sigmoid:1 | sigmoid:x | parameter sigmoid:x",
                "objective=binary sigmoid:1 | objective=multiclass num_class:3 | multiclass does not go with 1 trees",
                "max_feature_idx=2 | max_feature_idx=2000000000 | names of 3 features",
                "num_leaves=4 | num_leaves=2000000000 | tree 0, leaf_value has fewer than",
                "num_leaves=4 | num_leaves=0 | tree 0 has no leaves",
                "num_leaves=4 | num_leaves=-4 | num_leaves is -4",
                "num_leaves=4 | num_leaves=3 | leaf_value has more than 3",
                "is_linear=0 | is_linear=1 | linear models in its leaves",
                "left_child=1 2 | left_child=0 2 | points to node 0",
                "left_child=1 2 | left_child=1 1 | two parents",
                "left_child=1 2 | left_child=1 99 | points to node 99",
                "left_child=1 2 | left_child=1 -99 | points to node -99",
                "split_feature=0 1 | split_feature=0 7 | feature 7 of 3",
                "threshold=0 | threshold=5 | set of categories 5.0 of 1",
                "threshold=0 | threshold=nan | threshold has «nan»",
                "decision_type=1 | decision_type=14 | unknown decision type 14",
                "cat_boundaries=0 1 | cat_boundaries=0 2000000000 | cat_threshold has fewer than",
                "cat_boundaries=0 1 | cat_boundaries=9 1 | does not ascend",
                "cat_threshold=5 | cat_threshold=-5 | cat_threshold has «-5»",
                "tree_sizes=100 100 | tree_sizes=100 | sizes of 1",
                "leaf_value=1 | leaf_value=one | leaf_value has «one»",
                "Tree=0 | Tree=0%Tree=0 | has «Tree» twice"
            })
    void unsupportedPartsOfLightGbmAreNamed(String part, String forged, String found) throws IOException {
        String text = lightGbm();
        assertThat(text).contains(part);

        assertRefused(text.replaceFirst(part, forged.replace('%', '\n')).getBytes(StandardCharsets.UTF_8), found);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "leaf_count=1 2 3 4%internal_count=10 7 | internal_count has fewer than 3",
                "leaf_count=1 2 3%internal_count=10 7 3 | leaf_count has fewer than 4",
                "leaf_count=1 2 3 4 5%internal_count=10 7 3 | leaf_count has more than 4",
                "leaf_count=1 nan 3 4%internal_count=10 7 3 | leaf_count has «nan»",
                "leaf_count=1 -2 3 4%internal_count=10 7 3 | tree 0 has a node with the cover -2.0"
            })
    void brokenCountsAreNamed(String counts, String found) throws IOException {
        assertRefused(withCounts(counts.replace('%', '\n')), found);
    }

    @Test
    void countsAreCovers() throws IOException {
        Path without = Files.writeString(folder.resolve("without"), lightGbm());
        Path with = Files.write(folder.resolve("with"), withCounts("leaf_count=1 2 3 4\ninternal_count=10 7 5"));

        assertThat(load(without).description().facts()).containsEntry("covers", "none");
        assertThat(load(with).description().facts()).containsEntry("covers", "of all nodes");
        Forest forest = (Forest) Forms.of(load(with));
        // Level by level: split 0, its children split 1 and leaf 2, then split 2 and leaf 1, then leaves 0 and 3.
        assertThat(IntStream.range(0, 8).mapToDouble(forest::cover).toArray()).containsExactly(10, 7, 3, 5, 2, 1, 4, 0);
    }

    private static byte[] withCounts(String counts) {
        return lightGbm().replaceFirst("shrinkage=1", counts + "\nshrinkage=1").getBytes(StandardCharsets.UTF_8);
    }

    private static String lightGbm() {
        return """
                tree
                version=v4
                num_class=1
                num_tree_per_iteration=1
                label_index=0
                max_feature_idx=2
                objective=binary sigmoid:1
                feature_names=a b c
                feature_infos=0:1:2 [0:1] none
                tree_sizes=100 100

                Tree=0
                num_leaves=4
                num_cat=1
                split_feature=0 1 1
                threshold=0 0.5 -1.5
                decision_type=1 2 10
                left_child=1 2 -1
                right_child=-3 -2 -4
                leaf_value=1 2 3 4.25
                cat_boundaries=0 1
                cat_threshold=5
                is_linear=0
                shrinkage=1


                Tree=1
                num_leaves=1
                num_cat=0
                leaf_value=-0.5
                is_linear=0
                shrinkage=1


                end of trees

                feature_importances:
                a=1

                parameters:
                end of parameters

                pandas_categorical:null
                """;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pandas_categorical:[[\"a\",\"a\"]] | has a category twice",
                "pandas_categorical:[[null]] | has null among its categories",
                "pandas_categorical:[[1e999]] | ",
                "pandas_categorical:7 | is the number 7.0 and not an array"
            })
    void categoriesThatAreNoneAreRefused(String line, @Nullable String found) throws IOException {
        byte[] content = lightGbm().replace("pandas_categorical:null", line).getBytes(StandardCharsets.UTF_8);

        assertRefused(content, found == null ? "" : found);
    }

    @Test
    void theFileSaysWhichFeaturesAreCategoriesAndWhatTheyAreCalled() throws IOException {
        assertThat(types(lightGbm()))
                .containsExactly(
                        new FeatureType.Categorical(Precision.FLOAT64, List.of(0, 1, 2), List.of()),
                        new FeatureType.Numeric(Precision.FLOAT64),
                        new FeatureType.Numeric(Precision.FLOAT64));
        assertThat(types(lightGbm().replace("pandas_categorical:null", "pandas_categorical:[[\"x y\", 2, true, 1.5]]")))
                .first()
                .isEqualTo(FeatureType.Categorical.named(Precision.FLOAT64, List.of("x y", "2", "true", "1.5")));
        assertThat(types(lightGbm()
                        .replace("parameters:", "parameters:\n[categorical_feature: 0,2]")
                        .replace("pandas_categorical:null", "pandas_categorical:[[\"x\"], [\"y\"]]")))
                .containsExactly(
                        FeatureType.Categorical.named(Precision.FLOAT64, List.of("x")),
                        new FeatureType.Numeric(Precision.FLOAT64),
                        FeatureType.Categorical.named(Precision.FLOAT64, List.of("y")));
    }

    private List<FeatureType> types(String content) throws IOException {
        return load(Files.writeString(folder.resolve("model"), content)).description().features().stream()
                .map(ModelFeature::type)
                .toList();
    }

    @Test
    void theLightGbmFileOfTheseTestsIsSound() throws IOException {
        Path file = Files.writeString(folder.resolve("model"), lightGbm());
        double[][] outputs = new double[3][6];
        double[][] features = {{0, 2, 1, Double.NaN, 0, -0.5}, {0, 1, 0, 0, Double.NaN, -2}, new double[6]};

        load(file).scorer().score(features, 6, outputs);

        assertThat(outputs[2]).containsExactly(3.75, 1.5, 2.5, 2.5, 0.5, 0.5);
    }
}
