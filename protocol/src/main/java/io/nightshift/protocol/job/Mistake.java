package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// A mistake in a job file or in an override of it.
///
/// @param line line in the file, from 1; [#OVERRIDE] if the value comes from `--set`, [#PARAMETER] if it is the
///     caller's value of a parameter
/// @param key path of the key, such as `source.parquet`; empty if the mistake concerns the whole file
/// @param found what the file says there, in words; never a credential
/// @param expected a description of the value that the file should have
/// @param suggestion the likely correction, as a phrase such as `did you mean "parquet"?`; null if there is
///     none
public record Mistake(
        int line,
        String key,
        String found,
        String expected,
        @Nullable String suggestion) {

    /// The [#line()] of a value that comes from `--set`.
    public static final int OVERRIDE = 0;

    /// The [#line()] of a parameter's value that the caller gave.
    static final int PARAMETER = -1;

    /// The value of [#found()] if a required key is missing.
    static final String MISSING = "missing";

    /// Whether a key is not there. Such a mistake has no line of its own in the file.
    boolean isMissingKey() {
        return found.equals(MISSING);
    }

    /// The mistake in one line for people, as a compiler would print it: `job.yaml:12: source.paruqet:
    /// unknown key; did you mean "parquet"?`
    ///
    /// @param file the job file's name
    public String in(String file) {
        String place = switch (line) {
            case OVERRIDE -> "--set";
            case PARAMETER -> "--param";
            default -> file + ":" + line;
        };
        String subject = key.isEmpty() ? "" : key + ": ";
        return place + ": " + subject + found + "; " + (suggestion == null ? "expected " + expected : suggestion);
    }
}
