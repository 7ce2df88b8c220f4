package io.nightshift.scoring.format.xgboost;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;

/// The categorical features of an XGBoost model, with the names of their categories.
///
/// `feature_types` marks a categorical feature with `c`. Since XGBoost 3.1, `cats` holds the categories of a
/// data frame that the model was trained on: for each feature either texts, as UTF-8 bytes (`values`) and
/// where each text starts (`offsets`, one more than there are texts), or numbers (`values`). The code of a
/// category is its position.
final class XgboostCategories {

    private static final String CATEGORICAL = "c";

    private final DocumentReader learner;
    private final DocumentReader model;

    XgboostCategories(DocumentReader learner, DocumentReader model) {
        this.learner = learner;
        this.model = model;
    }

    /// The type of each feature.
    List<FeatureType> types(int features) throws MalformedModelException {
        List<String> marks = learner.has("feature_types") ? learner.texts("feature_types") : List.of();
        List<DocumentReader> encodings =
                model.has("cats") ? model.member("cats").elements("enc") : List.of();
        if ((!marks.isEmpty() && marks.size() != features) || (!encodings.isEmpty() && encodings.size() != features)) {
            throw new MalformedModelException("it has %d features, but types for %d and categories for %d"
                    .formatted(features, marks.size(), encodings.size()));
        }
        List<FeatureType> types =
                new ArrayList<>(Collections.nCopies(features, new FeatureType.Numeric(Precision.FLOAT32)));
        for (int i = 0; i < features; i++) {
            List<String> names = encodings.isEmpty() ? List.of() : names(encodings.get(i));
            if (!names.isEmpty()) {
                types.set(i, FeatureType.Categorical.named(Precision.FLOAT32, names));
            } else if (!marks.isEmpty() && marks.get(i).equals(CATEGORICAL)) {
                types.set(i, new FeatureType.Categorical(Precision.FLOAT32, List.of(), List.of()));
            }
        }
        return types;
    }

    /// The categories in the order of their codes; empty for a feature that is a number.
    private static List<String> names(DocumentReader encoding) throws MalformedModelException {
        double[] values = encoding.numbers("values");
        List<String> names = new ArrayList<>();
        if (!encoding.has("offsets")) {
            for (double value : values) {
                names.add(new BigDecimal(value).toPlainString());
            }
            return checked(encoding, names);
        }
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (int) values[i];
        }
        int[] offsets = encoding.integers("offsets");
        for (int i = 1; i < offsets.length; i++) {
            int from = offsets[i - 1];
            if (from < 0 || offsets[i] < from || offsets[i] > bytes.length) {
                throw new MalformedModelException(encoding.path() + " has offsets that are not in its values");
            }
            names.add(new String(bytes, from, offsets[i] - from, StandardCharsets.UTF_8));
        }
        return checked(encoding, names);
    }

    private static List<String> checked(DocumentReader encoding, List<String> names) throws MalformedModelException {
        if (new HashSet<>(names).size() != names.size()) {
            throw new MalformedModelException(encoding.path() + " has a category twice");
        }
        return names;
    }
}
