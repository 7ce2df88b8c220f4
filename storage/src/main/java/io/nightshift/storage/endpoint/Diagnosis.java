package io.nightshift.storage.endpoint;

import org.jspecify.annotations.Nullable;

/// The result of examining one thing: the machine, the configuration, a server or a job.
///
/// @param what was examined
/// @param detail a fact about it, or what is wrong
/// @param advice how to correct it; null if nothing has to be done
public record Diagnosis(
        String what,
        Outcome outcome,
        String detail,
        @Nullable String advice) {

    public enum Outcome {
        FINE,
        /// It works, but something should be changed.
        WARNING,
        /// Something would fail.
        PROBLEM
    }

    public static Diagnosis fine(String what, String detail) {
        return new Diagnosis(what, Outcome.FINE, detail, null);
    }

    public static Diagnosis warning(String what, String detail, String advice) {
        return new Diagnosis(what, Outcome.WARNING, detail, advice);
    }

    public static Diagnosis problem(String what, String detail, String advice) {
        return new Diagnosis(what, Outcome.PROBLEM, detail, advice);
    }
}
