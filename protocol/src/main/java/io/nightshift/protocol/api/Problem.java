package io.nightshift.protocol.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.nightshift.protocol.job.Mistake;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Why a request wasn't met: RFC 9457's `application/problem+json`.
///
/// @param type which kind of problem, a URN that programs can go by
/// @param title the same in a few words
/// @param status of HTTP
/// @param detail what happened and what to do about it, in a sentence or two
/// @param batch that can't do it, of a control that is refused; else null
/// @param mistakes of a job file; else empty
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        @JsonInclude(Include.NON_NULL) @Nullable String batch,
        @JsonInclude(Include.NON_EMPTY) List<JobMistake> mistakes) {

    /// What every [#type()] begins with.
    public static final String TYPE = "urn:nightshift:problem:";

    public Problem {
        mistakes = List.copyOf(mistakes);
    }

    /// One thing that is wrong with a job file.
    ///
    /// @param line from 1
    /// @param key the key's path; empty where the file as a whole is meant
    public record JobMistake(
            int line,
            String key,
            String found,
            String expected,
            @Nullable String suggestion) {

        public static JobMistake of(Mistake mistake) {
            return new JobMistake(
                    mistake.line(), mistake.key(), mistake.found(), mistake.expected(), mistake.suggestion());
        }
    }
}
