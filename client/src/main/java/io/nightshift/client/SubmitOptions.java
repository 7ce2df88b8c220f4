package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// How a job is submitted.
///
/// @param fresh starts another batch, even if one is open (it is given up) or the same was published before
/// @param key by which the caller knows this submission, 1 to 255 printable ASCII characters without
///     spaces, or null; keys of different jobs have nothing to do with each other
public record SubmitOptions(boolean fresh, @Nullable String key) {

    public static final SubmitOptions DEFAULT = new SubmitOptions(false, null);

    public SubmitOptions withFresh() {
        return new SubmitOptions(true, key);
    }

    public SubmitOptions withKey(String otherKey) {
        return new SubmitOptions(fresh, otherKey);
    }
}
