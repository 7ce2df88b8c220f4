package io.nightshift.protocol.job;

/// A parameter of a job with its value in one run.
///
/// @param name letters, digits and `_`, not beginning with a digit
/// @param type the parameter's type
/// @param value in the canonical form of the type, see [ParameterType#canonical(String)]
public record Parameter(String name, ParameterType type, String value) {

    /// Such as `day=2026-11-25`.
    @Override
    public String toString() {
        return name + "=" + value;
    }
}
