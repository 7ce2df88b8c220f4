package io.nightshift.node;

import org.jspecify.annotations.Nullable;

/// The version of the program that is running.
public final class Version {

    private Version() {}

    /// @return for example `0.1.0`; null where the program runs from class files
    public static @Nullable String ofProgram() {
        return Version.class.getPackage().getImplementationVersion();
    }
}
