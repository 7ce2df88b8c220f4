package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.util.List;

/// The results of checks, for people.
public final class CheckText {

    private CheckText() {}

    /// The result of one check. Says what follows if the check has failed.
    public static String of(BatchDescription.Check check) {
        return check.passed() ? check.text() : "%s (%s)".formatted(check.text(), check.onFail());
    }

    /// The failed checks that hold the batch, in one sentence.
    public static String holding(List<BatchDescription.Check> checks) {
        return String.join(
                "; ",
                checks.stream()
                        .filter(check -> !check.passed() && check.onFail().equals("hold"))
                        .map(BatchDescription.Check::text)
                        .toList());
    }
}
