package io.nightshift.cli.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.tls.TlsFiles;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What `tools/test-certificates.sh` makes.
record TestCertificates(Path folder) {

    /// Runs the script, so that the hosts' certificates are new and the authority is the folder's.
    static TestCertificates make(Path folder, String... hosts) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "../tools/test-certificates.sh", folder.toString()));
        command.addAll(List.of(hosts));
        File output = File.createTempFile("certificates", ".log");
        ProcessBuilder script =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        script.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertThat(script.start().waitFor()).as("see %s", output).isZero();
        assertThat(output).isEmpty();
        return new TestCertificates(folder);
    }

    TlsFiles of(String host) {
        return new TlsFiles(folder.resolve(host + ".pem"), folder.resolve(host + ".key"), folder.resolve("ca.pem"));
    }
}
