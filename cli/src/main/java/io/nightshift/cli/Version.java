package io.nightshift.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/// What `nightshift --version` prints.
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version =
                Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "from source");
        return new String[] {"nightshift " + version, "Java " + Runtime.version()};
    }
}
