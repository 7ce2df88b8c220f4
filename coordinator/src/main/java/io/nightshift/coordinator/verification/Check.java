package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.verification.Finding.Outcome;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One check of a verification. It reports each problem when it is met, up to a limit, and ends with
/// one more finding where there was none.
final class Check {

    /// Problems that are told one by one; the rest is counted.
    static final int TOLD = 10;

    private final String what;
    private final Consumer<Finding> findings;
    private long problems;

    Check(String what, Consumer<Finding> findings) {
        this.what = what;
        this.findings = findings;
    }

    /// @param format for numbers and names as everywhere: `%,d`
    void problem(String format, @Nullable Object... arguments) {
        problems++;
        if (problems <= TOLD) {
            findings.accept(new Finding(Outcome.BROKEN, what, text(format, arguments)));
        }
    }

    boolean hasProblems() {
        return problems > 0;
    }

    /// Whether further problems would only be counted.
    boolean hasToldEnough() {
        return problems >= TOLD;
    }

    /// Ends the check: proved, if there was no problem.
    void proved(String format, @Nullable Object... arguments) {
        end(Outcome.PROVED, text(format, arguments));
    }

    /// Ends the check: if there was no problem, it is left open.
    void open(String format, @Nullable Object... arguments) {
        end(Outcome.OPEN, text(format, arguments));
    }

    private void end(Outcome outcome, String detail) {
        if (problems == 0) {
            findings.accept(new Finding(outcome, what, detail));
        } else if (problems > TOLD) {
            findings.accept(new Finding(Outcome.BROKEN, what, text("and %,d more", problems - TOLD)));
        }
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private static String text(String format, @Nullable Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
