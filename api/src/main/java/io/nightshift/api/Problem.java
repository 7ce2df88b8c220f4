package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Why the cluster didn't do what a request asked for: `application/problem+json` of RFC 9457.
///
/// @param type identifies the kind of problem to programs; a URN that begins with [#TYPE]
/// @param title the kind of problem, in a few words for people
/// @param status the HTTP status, 400 to 599
/// @param detail one or two sentences for people: what happened and what to do about it
/// @param batch ID of the batch that refuses a control; otherwise null
/// @param mistakes the mistakes in a job file; otherwise empty
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        @JsonInclude(Include.NON_NULL) @Nullable String batch,
        @JsonInclude(Include.NON_EMPTY) List<JobMistake> mistakes) {

    /// The beginning of every [#type()].
    public static final String TYPE = "urn:nightshift:problem:";

    /// Keeps an unmodifiable copy of the list.
    public Problem {
        mistakes = List.copyOf(mistakes);
    }

    /// A mistake in a job file.
    ///
    /// @param line line in the file, from 1
    /// @param key path of the key, such as `errors.max-rate`; empty if the mistake concerns the whole file
    /// @param found what the file says there
    /// @param expected a description of the value that the file should have
    /// @param suggestion how to correct the mistake, or null if there is no guess
    public record JobMistake(
            int line,
            String key,
            String found,
            String expected,
            @Nullable String suggestion) {}
}
