package io.nightshift.destination;

import org.jspecify.annotations.Nullable;

/// The values that a destination can't hold, by their type. A row with such a value is quarantined.
@FunctionalInterface
public interface ValueLimits {

    /// @param type DuckDB's name of the type
    /// @param isId whether the values tell records apart
    /// @return null if every value of the type fits
    @Nullable
    ValueLimit of(String type, boolean isId);
}
