package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Options of a submission. Immutable.
///
/// @param fresh whether to open another batch even if one is open, which is then cancelled, or if the same
///     job, input and model were published before
/// @param key the caller's idempotency key for this submission: 1 to 255 printable ASCII characters without
///     spaces, or null to have the client generate one; keys of different jobs are independent
public record SubmitOptions(boolean fresh, @Nullable String key) {

    /// Resumes the job's open batch if there is one, and generates the key.
    public static final SubmitOptions DEFAULT = new SubmitOptions(false, null);

    /// These options, but opening another batch in any case.
    public SubmitOptions withFresh() {
        return new SubmitOptions(true, key);
    }

    /// These options with the caller's own key.
    ///
    /// @param otherKey see [#key()]
    public SubmitOptions withKey(String otherKey) {
        return new SubmitOptions(fresh, otherKey);
    }
}
