package io.nightshift.smile.model;

import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;
import smile.classification.AdaBoost;
import smile.classification.GradientTreeBoost;
import smile.data.type.StructField;
import smile.data.type.StructType;
import smile.model.cart.CART;
import smile.model.cart.NominalNode;
import smile.model.cart.OrdinalNode;
import smile.regression.GLM;

/// Reads private fields of Smile's models that have no accessor. The tests fail if another version of Smile
/// has other fields.
public final class SmileReflection {

    private static final Field ORDINAL_VALUE = field(OrdinalNode.class, "value");
    private static final Field NOMINAL_VALUE = field(NominalNode.class, "value");
    private static final Field SCHEMA = field(CART.class, "schema");
    private static final Field RESPONSE = field(CART.class, "response");
    private static final Field ALPHA = field(AdaBoost.class, "alpha");
    private static final Field BASE = field(GradientTreeBoost.class, "b");
    private static final Field SHRINKAGE = field(GradientTreeBoost.class, "shrinkage");
    private static final Field REGRESSION_BASE = field(smile.regression.GradientTreeBoost.class, "b");
    private static final Field REGRESSION_SHRINKAGE = field(smile.regression.GradientTreeBoost.class, "shrinkage");

    private static final Field GENERALIZED = field(GLM.class, "model");

    private SmileReflection() {}

    /// The name of Smile's class of a generalised linear model's family and link.
    public static String family(GLM model) {
        return String.valueOf(get(GENERALIZED, model));
    }

    /// A variable that an anonymous class of Smile captures.
    public static Object captured(Object owner, String name) {
        return get(field(owner.getClass(), "val$" + name), owner);
    }

    public static double threshold(OrdinalNode node) {
        return number(ORDINAL_VALUE, node);
    }

    public static int value(NominalNode node) {
        return (int) number(NOMINAL_VALUE, node);
    }

    public static StructType schema(CART tree) {
        return (StructType) get(SCHEMA, tree);
    }

    public static StructField response(CART tree) {
        return (StructField) get(RESPONSE, tree);
    }

    public static double[] weights(AdaBoost model) {
        return (double[]) get(ALPHA, model);
    }

    public static double base(GradientTreeBoost model) {
        return number(BASE, model);
    }

    public static double shrinkage(GradientTreeBoost model) {
        return number(SHRINKAGE, model);
    }

    public static double base(smile.regression.GradientTreeBoost model) {
        return number(REGRESSION_BASE, model);
    }

    public static double shrinkage(smile.regression.GradientTreeBoost model) {
        return number(REGRESSION_SHRINKAGE, model);
    }

    /// The value of a private field of one of Smile's objects.
    static Object of(Object owner, String name) {
        return get(field(owner.getClass(), name), owner);
    }

    /// The value of a private field that may be null.
    static @Nullable Object ofNullable(Object owner, String name) {
        try {
            return field(owner.getClass(), name).get(owner);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static double number(Object owner, String name) {
        return ((Number) of(owner, name)).doubleValue();
    }

    private static double number(Field field, Object owner) {
        try {
            return ((Number) field.get(owner)).doubleValue();
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Object get(Field field, Object owner) {
        try {
            Object value = field.get(owner);
            if (value == null) {
                throw new IllegalArgumentException("it lacks «" + field.getName() + "»");
            }
            return value;
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Field field(Class<?> owner, String name) {
        for (Class<?> declaring = owner; declaring != null; declaring = declaring.getSuperclass()) {
            for (Field field : declaring.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    return field;
                }
            }
        }
        throw new IllegalStateException("this version of Smile has no " + owner.getName() + "." + name);
    }
}
