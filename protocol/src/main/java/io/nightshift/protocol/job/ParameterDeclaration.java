package io.nightshift.protocol.job;

import org.jspecify.annotations.Nullable;

/// A parameter that a job file declares.
///
/// @param name letters, digits and `_`, not beginning with a digit
/// @param type the parameter's type
/// @param fallback the value of a run that gives none, in the canonical form of the type; null if each run must
///     give one
public record ParameterDeclaration(
        String name, ParameterType type, @Nullable String fallback) {}
