package io.nightshift.destination;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Marks tests of a contract that depend only on the files that a destination writes. They run once for all
/// destinations that write the same files by the same code: a class [names][OfAnother] the one that runs them.
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface OfTheFiles {

    /// The files of the class's destination are those of another class's destination.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface OfAnother {

        /// The class that runs the tests of the files.
        Class<? extends DestinationContract> value();
    }

    /// Leaves out tests that another class runs.
    final class Once implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            boolean isOfTheFiles = context.getElement()
                    .filter(element -> element.isAnnotationPresent(OfTheFiles.class))
                    .isPresent();
            OfAnother other = isOfTheFiles ? other(context) : null;
            return other == null
                    ? ConditionEvaluationResult.enabled("no other class runs it")
                    : ConditionEvaluationResult.disabled(other.value().getSimpleName() + " runs it");
        }

        /// The class of a nested class of a contract is the contract; the class that inherits it is its parent.
        private static @Nullable OfAnother other(ExtensionContext context) {
            OfAnother other = context.getTestClass()
                    .map(type -> type.getAnnotation(OfAnother.class))
                    .orElse(null);
            return other == null ? context.getParent().map(Once::other).orElse(null) : other;
        }
    }
}
