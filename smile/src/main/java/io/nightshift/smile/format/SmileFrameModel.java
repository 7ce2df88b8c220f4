package io.nightshift.smile.format;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.smile.model.SmileReflection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smile.classification.DataFrameClassifier;
import smile.data.formula.Formula;
import smile.data.type.StructType;
import smile.regression.DataFrameRegression;

/// A model that Smile fits on arrays of numbers, and the schema of the data frame that the numbers come from,
/// if there is one.
///
/// Smile's adapters to data frames train on indicators of the levels of nominal columns, but predict from the
/// numbers of the levels. So they are correct for numeric columns only.
///
/// @param model a [Classifier] or a [Regression]
/// @param schema the schema of the columns, or null
record SmileFrameModel(Object model, @Nullable StructType schema) {

    /// Unwraps Smile's adapters, which are anonymous classes.
    static SmileFrameModel of(Object object) throws MalformedModelException {
        Formula formula = switch (object) {
            case DataFrameClassifier classifier when isAdapter(object) -> classifier.formula();
            case DataFrameRegression regression when isAdapter(object) -> regression.formula();
            default -> null;
        };
        if (formula == null) {
            return new SmileFrameModel(object, null);
        }
        SmileSchema.requirePlain(formula);
        return new SmileFrameModel(
                SmileReflection.captured(object, "model"), (StructType) SmileReflection.captured(object, "schema"));
    }

    private static boolean isAdapter(Object object) {
        return object.getClass().isAnonymousClass();
    }

    /// The features; the model takes `count` of them.
    List<ModelFeature> features(int count) throws MalformedModelException {
        if (schema == null) {
            return Collections.nCopies(
                    count, new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT64), false));
        }
        List<ModelFeature> features = new SmileSchema(schema).features();
        for (ModelFeature feature : features) {
            if (feature.type() instanceof FeatureType.Nominal) {
                throw new MalformedModelException("its column " + feature.name()
                        + " has levels, which Smile's own adapter of this model to data frames does not predict from;"
                        + " supported are columns of numbers");
            }
        }
        if (features.size() != count) {
            throw new MalformedModelException(
                    "it takes " + count + " numbers and its data frame has " + features.size() + " columns");
        }
        return features;
    }
}
