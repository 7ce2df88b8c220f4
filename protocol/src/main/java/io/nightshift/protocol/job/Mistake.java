package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// One thing that is wrong with a job file or with an override of it.
///
/// @param line where it stands, from 1; [#OVERRIDE] where the value came from `--set`
/// @param key the key's path, such as `source.parquet`; empty where the file as a whole is meant
/// @param found what stands there, in words; never a credential
/// @param expected what may stand there
/// @param suggestion the likely way out, as a phrase such as `did you mean "parquet"?`; null where there is none
public record Mistake(
        int line,
        String key,
        String found,
        String expected,
        @Nullable String suggestion) {

    /// The [#line()] of a value that came from `--set`.
    public static final int OVERRIDE = 0;

    /// The mistake in one line for a person, as a compiler would print it: `job.yaml:12: source.paruqet: unknown key;
    /// did you mean "parquet"?`
    public String in(String file) {
        String place = line == OVERRIDE ? "--set" : file + ":" + line;
        String subject = key.isEmpty() ? "" : key + ": ";
        return place + ": " + subject + found + "; " + (suggestion == null ? "expected " + expected : suggestion);
    }
}
