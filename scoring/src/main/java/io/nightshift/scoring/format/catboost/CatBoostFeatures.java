package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.TextHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The features of a CatBoost model. A feature has two numbers: its flat index, which is its position in a row, and
/// its index among the features of its kind, by which other parts of the file refer to it.
///
/// A model without its unused features (`drop_unused_features`) has gaps between flat indexes, which count as
/// numbers that no tree uses.
final class CatBoostFeatures {

    private static final int INDEX_FLAT = 2;
    private static final int NUMBER_INDEX = 1;
    private static final int BORDERS = 3;
    private static final int NUMBER_NAME = 4;
    private static final int NAN_TREATMENT = 5;
    private static final int HAS_NANS = 0;
    private static final int NAN_AS_TRUE = 2;
    private static final int TEXT_INDEX = 0;
    private static final int TEXT_FLAT = 1;
    private static final int TEXT_NAME = 2;
    private static final int MOST_GAPS = 1 << 12;

    /// A feature with numbers.
    ///
    /// @param position its position in a row
    /// @param borders the numbers, ascending, with which splits compare
    /// @param nanIsAbove whether NaN is above all borders; otherwise, it is above none
    record NumberFeature(int position, float[] borders, boolean nanIsAbove) {

        /// Whether NaN is above a border. Infinity, which stands for NaN, is not above itself.
        boolean isNanAbove(float border) {
            return nanIsAbove && border != Float.POSITIVE_INFINITY;
        }
    }

    /// By position; null for a feature that the file does not describe.
    private final @Nullable String[] names;

    private final boolean[] isText;
    private final List<NumberFeature> numbers = new ArrayList<>();
    private final Map<Integer, NumberFeature> numbersByIndex = new HashMap<>();
    private final Map<Integer, Integer> textsByIndex = new HashMap<>();

    /// @param numbers the table of each feature with numbers
    /// @param texts the table of each feature with categories
    CatBoostFeatures(List<FlatbufferTable> numbers, List<FlatbufferTable> texts) throws MalformedModelException {
        int highest = -1;
        for (FlatbufferTable table : numbers) {
            highest = Math.max(highest, table.integer(INDEX_FLAT, -1));
        }
        for (FlatbufferTable table : texts) {
            highest = Math.max(highest, table.integer(TEXT_FLAT, -1));
        }
        int described = numbers.size() + texts.size();
        if (highest < 0) {
            throw new MalformedModelException("it has no features");
        }
        if (highest >= described + MOST_GAPS) {
            throw new MalformedModelException(
                    "it has a feature at position " + highest + ", and describes " + described);
        }
        this.names = new String[highest + 1];
        this.isText = new boolean[highest + 1];
        for (FlatbufferTable table : numbers) {
            addNumber(table);
        }
        for (FlatbufferTable table : texts) {
            addText(table);
        }
    }

    private void addNumber(FlatbufferTable table) throws MalformedModelException {
        int position = table.integer(INDEX_FLAT, -1);
        claim(position, table.text(NUMBER_NAME));
        // Without NaN in training, CatBoost compares NaN as it is, and NaN is above no border.
        boolean nanIsAbove = table.octet(HAS_NANS) != 0 && table.octet(NAN_TREATMENT) == NAN_AS_TRUE;
        NumberFeature feature = new NumberFeature(
                position, ascending(table.floats(BORDERS), "the borders of feature " + position), nanIsAbove);
        numbers.add(feature);
        numbersByIndex.put(table.integer(NUMBER_INDEX, -1), feature);
    }

    private void addText(FlatbufferTable table) throws MalformedModelException {
        int position = table.integer(TEXT_FLAT, -1);
        claim(position, table.text(TEXT_NAME));
        isText[position] = true;
        int index = table.integer(TEXT_INDEX, -1);
        if (textsByIndex.put(index, position) != null) {
            throw new MalformedModelException("it has two categorical features with the index " + index);
        }
    }

    private void claim(int position, String name) throws MalformedModelException {
        if (position < 0 || names[position] != null) {
            throw new MalformedModelException("it has two features at position " + position);
        }
        names[position] = name;
    }

    /// @throws MalformedModelException if the borders do not ascend, or one is NaN
    static float[] ascending(float[] borders, String what) throws MalformedModelException {
        double last = Double.NEGATIVE_INFINITY;
        for (float border : borders) {
            if (!(border >= last)) {
                throw new MalformedModelException(what + " do not ascend");
            }
            last = border;
        }
        return borders;
    }

    /// The number of features.
    int count() {
        return names.length;
    }

    boolean hasTexts() {
        return !textsByIndex.isEmpty();
    }

    /// The features with numbers, in the order of the file.
    List<NumberFeature> numbers() {
        return numbers;
    }

    /// The feature with numbers that has an index among these.
    NumberFeature number(int index) throws MalformedModelException {
        NumberFeature feature = numbersByIndex.get(index);
        if (feature == null) {
            throw new MalformedModelException("it has no feature of numbers with the index " + index);
        }
        return feature;
    }

    /// The position of the categorical feature that has an index among these.
    int text(int index) throws MalformedModelException {
        Integer position = textsByIndex.get(index);
        if (position == null) {
            throw new MalformedModelException("it has no categorical feature with the index " + index);
        }
        return position;
    }

    /// The features as inputs of the model.
    List<ModelFeature> inputs() {
        List<String> given = givenNames();
        List<ModelFeature> inputs = new ArrayList<>();
        for (int position = 0; position < names.length; position++) {
            FeatureType type = isText[position]
                    ? new FeatureType.Hashed(TextHash.CITY)
                    : new FeatureType.Numeric(Precision.FLOAT32);
            inputs.add(new ModelFeature(given.isEmpty() ? null : given.get(position), type, !isText[position]));
        }
        return inputs;
    }

    /// The names in the order of a row, or none if CatBoost numbered the features itself.
    private List<String> givenNames() {
        List<String> found = new ArrayList<>();
        boolean numbered = true;
        for (int position = 0; position < names.length; position++) {
            String name = names[position];
            String number = Integer.toString(position);
            found.add(name == null || name.isEmpty() ? number : name);
            numbered &= found.getLast().equals(number);
        }
        Set<String> distinct = new HashSet<>(found);
        return numbered || distinct.size() < found.size() ? List.of() : found;
    }
}
