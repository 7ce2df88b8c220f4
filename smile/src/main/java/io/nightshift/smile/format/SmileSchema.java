package io.nightshift.smile.format;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smile.data.formula.Formula;
import smile.data.formula.Intercept;
import smile.data.formula.Term;
import smile.data.formula.Variable;
import smile.data.measure.CategoricalMeasure;
import smile.data.measure.NominalScale;
import smile.data.type.StructField;
import smile.data.type.StructType;

/// The features of a Smile model, from the schema that its trees were grown on.
///
/// Smile gives the levels of a nominal column arbitrary numbers; a scorer takes their positions. Smile widens
/// single-precision columns before it compares, and reads all other columns as doubles. Its trees do not
/// support missing values.
final class SmileSchema {

    private final List<StructField> fields;

    SmileSchema(StructType schema) {
        this.fields = List.copyOf(schema.fields());
    }

    List<ModelFeature> features() throws MalformedModelException {
        List<ModelFeature> features = new ArrayList<>();
        for (StructField field : fields) {
            features.add(new ModelFeature(field.name(), type(field), false));
        }
        return features;
    }

    /// The precision to which values are rounded before they are compared.
    List<Precision> precision() throws MalformedModelException {
        List<Precision> precision = new ArrayList<>();
        for (StructField field : fields) {
            precision.add(type(field) instanceof FeatureType.Numeric(Precision single) ? single : Precision.FLOAT64);
        }
        return precision;
    }

    boolean isNominal(int feature) {
        return fields.get(feature).measure() instanceof NominalScale;
    }

    /// The position of the level with Smile's number `value`.
    int position(int feature, int value) throws MalformedModelException {
        if (fields.get(feature).measure() instanceof NominalScale scale) {
            int[] values = scale.values();
            for (int i = 0; i < values.length; i++) {
                if (values[i] == value) {
                    return i;
                }
            }
        }
        throw new MalformedModelException("a node tests the column "
                + fields.get(feature).name() + " for the level " + value + ", which it does not have");
    }

    static void requirePlain(@Nullable Formula formula) throws MalformedModelException {
        if (formula == null) {
            return;
        }
        for (Term term : formula.predictors()) {
            boolean all = term.getClass().getName().equals("smile.data.formula.Dot");
            if (!(all || term instanceof Variable || term instanceof Intercept)) {
                throw new MalformedModelException("its formula uses " + term
                        + "; supported are formulas of plain columns (compute derived columns in the source)");
            }
        }
    }

    /// The terms of Smile's linear models: numbers unchanged, and an indicator for each level of a nominal or
    /// ordinal column except the first.
    List<LinearForm.Term> terms() throws MalformedModelException {
        List<LinearForm.Term> terms = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            if (type(fields.get(i)) instanceof FeatureType.Nominal(List<String> levels, boolean open)) {
                for (int level = 1; level < levels.size(); level++) {
                    terms.add(new LinearForm.Term.Indicator(i, level));
                }
            } else {
                terms.add(new LinearForm.Term.Scaled(i, 0, 1));
            }
        }
        return terms;
    }

    private static FeatureType type(StructField field) throws MalformedModelException {
        return switch (field.measure()) {
            case NominalScale scale -> new FeatureType.Nominal(List.of(scale.levels()));
            case CategoricalMeasure scale -> {
                int[] values = scale.values();
                if (!IntStream.range(0, values.length).allMatch(i -> values[i] == i)) {
                    throw new MalformedModelException("the levels of its ordinal column " + field.name()
                            + " are not numbered from 0; supported are ordinal columns that are");
                }
                yield new FeatureType.Nominal(List.of(scale.levels()));
            }
            case null, default ->
                switch (field.dtype().id()) {
                    case Float -> new FeatureType.Numeric(Precision.FLOAT32);
                    case Boolean, Byte, Short, Int, Long, Double -> new FeatureType.Numeric(Precision.FLOAT64);
                    default ->
                        throw new MalformedModelException("its column " + field.name() + " has the type "
                                + field.dtype().name() + "; supported are numbers and categories");
                };
        };
    }
}
