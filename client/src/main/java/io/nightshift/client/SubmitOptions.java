package io.nightshift.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Options of a submission. Immutable.
///
/// @param fresh whether to open another batch even if one is open, which is then cancelled, or if the same
///     job, input and model were published before
/// @param key the caller's idempotency key for this submission: 1 to 255 printable ASCII characters without
///     spaces, or null to have the client generate one; keys of different jobs are independent
/// @param parameters values of the job's parameters by name, such as `2026-11-25` for `day`; a parameter that is
///     not among them has the job file's default
public record SubmitOptions(boolean fresh, @Nullable String key, Map<String, String> parameters) {

    /// Resumes the run's open batch if there is one, and generates the key.
    public static final SubmitOptions DEFAULT = new SubmitOptions(false, null);

    public SubmitOptions {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /// Options of a job whose parameters have their defaults.
    ///
    /// @param fresh whether to open another batch in any case
    /// @param key the caller's idempotency key, or null
    public SubmitOptions(boolean fresh, @Nullable String key) {
        this(fresh, key, Map.of());
    }

    /// These options, but opening another batch in any case.
    public SubmitOptions withFresh() {
        return new SubmitOptions(true, key, parameters);
    }

    /// These options with the caller's own key.
    ///
    /// @param otherKey see [#key()]
    public SubmitOptions withKey(String otherKey) {
        return new SubmitOptions(fresh, otherKey, parameters);
    }

    /// These options with the value of another parameter, or another value.
    ///
    /// @param name the parameter's name in the job file
    /// @param value as text, see [#parameters()]
    public SubmitOptions withParameter(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(parameters);
        all.put(name, value);
        return new SubmitOptions(fresh, key, all);
    }
}
