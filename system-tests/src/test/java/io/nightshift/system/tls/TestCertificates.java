package io.nightshift.system.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A folder of certificates that `tools/test-certificates.sh` created.
public record TestCertificates(Path folder) {

    /// Runs the script. It issues new certificates for the hosts; the authority of the folder is kept if
    /// there is one.
    public static TestCertificates make(Path folder, String... hosts) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("sh", Checkout.path("tools/test-certificates.sh").toString(), folder.toString()));
        command.addAll(List.of(hosts));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process script = builder.start();
        String output = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(script.waitFor()).as(output).isZero();
        assertThat(output).isEmpty();
        return new TestCertificates(folder);
    }

    /// The certificate and private key of a host, and the authority.
    public TlsFiles of(String host) {
        return new TlsFiles(folder.resolve(host + ".pem"), folder.resolve(host + ".key"), folder.resolve("ca.pem"));
    }
}
