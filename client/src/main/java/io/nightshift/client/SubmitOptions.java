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
/// @param full whether to open another batch of an incremental job that reads all rows, also those that an earlier
///     batch has read; implies `fresh`
public record SubmitOptions(boolean fresh, @Nullable String key, Map<String, String> parameters, boolean full) {

    /// Resumes the run's open batch if there is one, and generates the key.
    public static final SubmitOptions DEFAULT = new SubmitOptions(false, null);

    public SubmitOptions {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /// Options of a batch that reads all rows, or those that an incremental job has not read.
    ///
    /// @param fresh whether to open another batch in any case
    /// @param key the caller's idempotency key, or null
    /// @param parameters values of the job's parameters by name
    public SubmitOptions(boolean fresh, @Nullable String key, Map<String, String> parameters) {
        this(fresh, key, parameters, false);
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
        return new SubmitOptions(true, key, parameters, full);
    }

    /// These options, but opening another batch of an incremental job that reads all rows.
    public SubmitOptions withFull() {
        return new SubmitOptions(fresh, key, parameters, true);
    }

    /// These options with the caller's own key.
    ///
    /// @param otherKey see [#key()]
    public SubmitOptions withKey(String otherKey) {
        return new SubmitOptions(fresh, otherKey, parameters, full);
    }

    /// These options with the value of another parameter, or another value.
    ///
    /// @param name the parameter's name in the job file
    /// @param value as text, see [#parameters()]
    public SubmitOptions withParameter(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(parameters);
        all.put(name, value);
        return new SubmitOptions(fresh, key, all, full);
    }
}
