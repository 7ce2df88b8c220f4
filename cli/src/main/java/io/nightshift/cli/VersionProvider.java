package io.nightshift.cli;

import io.nightshift.node.Version;
import picocli.CommandLine.IVersionProvider;

/// The text of `nightshift --version`.
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.ofProgram();
        return new String[] {"nightshift " + (version == null ? "from source" : version), "Java " + Runtime.version()};
    }
}
