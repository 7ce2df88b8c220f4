package io.nightshift.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;

/// What `nightshift --version` prints.
public final class Version implements IVersionProvider {

    /// The program's, such as `0.1.0`, or null where it runs from class files.
    public static @Nullable String ofProgram() {
        return Version.class.getPackage().getImplementationVersion();
    }

    @Override
    public String[] getVersion() {
        String version = ofProgram();
        return new String[] {"nightshift " + (version == null ? "from source" : version), "Java " + Runtime.version()};
    }
}
