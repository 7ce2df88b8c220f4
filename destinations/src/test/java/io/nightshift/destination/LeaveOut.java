package io.nightshift.destination;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Leaves out tests that a class inherits, because another class runs them for the same destination. So the tests
/// of one destination can be divided into two classes that run at the same time, or of which one runs nightly.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface LeaveOut {

    /// The superclass whose tests are left out, and those of its own superclasses.
    Class<? extends DestinationContract> testsOf();

    /// Leaves them out.
    final class Inherited implements ExecutionCondition {

        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            LeaveOut leaveOut = find(context);
            return leaveOut != null && declaring(context).isAssignableFrom(leaveOut.testsOf())
                    ? ConditionEvaluationResult.disabled("another class runs it")
                    : ConditionEvaluationResult.enabled("no other class runs it");
        }

        /// The top-level class that declares the test or the nested class.
        private static Class<?> declaring(ExtensionContext context) {
            Class<?> type = context.getTestMethod()
                    .<Class<?>>map(m -> m.getDeclaringClass())
                    .orElse(context.getRequiredTestClass());
            while (type.getEnclosingClass() != null) {
                type = type.getEnclosingClass();
            }
            return type;
        }

        /// The class of a nested class of a contract is the contract; the class that inherits it is its parent.
        private static @Nullable LeaveOut find(ExtensionContext context) {
            LeaveOut found = context.getTestClass()
                    .map(type -> type.getAnnotation(LeaveOut.class))
                    .orElse(null);
            return found == null ? context.getParent().map(Inherited::find).orElse(null) : found;
        }
    }
}
