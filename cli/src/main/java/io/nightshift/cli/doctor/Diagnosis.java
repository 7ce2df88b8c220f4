package io.nightshift.cli.doctor;

import org.jspecify.annotations.Nullable;

/// The result of examining one thing.
///
/// @param what the thing, in one or two words
/// @param detail a phrase that says what was found
/// @param advice what to do, or null if there is nothing to do
record Diagnosis(
        String what,
        Outcome outcome,
        String detail,
        @Nullable String advice) {

    enum Outcome {
        FINE,
        /// It works, but something should be changed.
        WARNING,
        /// Something would fail.
        PROBLEM
    }

    static Diagnosis fine(String what, String detail) {
        return new Diagnosis(what, Outcome.FINE, detail, null);
    }

    static Diagnosis warning(String what, String detail, String advice) {
        return new Diagnosis(what, Outcome.WARNING, detail, advice);
    }

    static Diagnosis problem(String what, String detail, String advice) {
        return new Diagnosis(what, Outcome.PROBLEM, detail, advice);
    }
}
