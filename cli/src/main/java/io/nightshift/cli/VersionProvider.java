package io.nightshift.cli;

import io.nightshift.node.Version;
import picocli.CommandLine.IVersionProvider;

/// What `nightshift --version` prints.
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.ofProgram();
        return new String[] {"nightshift " + (version == null ? "from source" : version), "Java " + Runtime.version()};
    }
}
