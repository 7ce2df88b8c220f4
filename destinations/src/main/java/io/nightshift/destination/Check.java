package io.nightshift.destination;

import io.nightshift.destination.Finding.Outcome;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One check of a verification. It reports each problem as soon as it is found, up to a limit, and ends with
/// one finding if there was no problem. For one thread.
public final class Check {

    /// The problems that are reported one by one; further ones are only counted.
    public static final int TOLD = 10;

    private final String what;
    private final Consumer<Finding> findings;
    private long problems;

    /// @param what is checked, in a word or two
    /// @param findings gets each finding
    public Check(String what, Consumer<Finding> findings) {
        this.what = what;
        this.findings = findings;
    }

    /// Reports a problem.
    ///
    /// @param format of [String#format], with numbers as `%,d`
    public void problem(String format, @Nullable Object... arguments) {
        problems++;
        if (problems <= TOLD) {
            findings.accept(new Finding(Outcome.BROKEN, what, text(format, arguments)));
        }
    }

    /// Whether a problem was reported.
    public boolean hasProblems() {
        return problems > 0;
    }

    /// Whether further problems would only be counted.
    public boolean hasToldEnough() {
        return problems >= TOLD;
    }

    /// Ends the check. Without a problem it has proved something.
    public void proved(String format, @Nullable Object... arguments) {
        end(Outcome.PROVED, text(format, arguments));
    }

    /// Ends the check. Without a problem it is left open.
    public void open(String format, @Nullable Object... arguments) {
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
