package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mistakes that keep a node from starting, or a command from reaching a cluster.
final class NodeRefusalTest {

    @TempDir
    Path folder;

    private CommandResult node(String configuration, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("node.conf"), configuration);
        String[] arguments = new String[5 + more.length];
        System.arraycopy(
                new String[] {"node", "--config", file.toString(), "--home", folder.toString()}, 0, arguments, 0, 5);
        System.arraycopy(more, 0, arguments, 5, more.length);
        return CommandResult.of(Main.commandLine(), arguments);
    }

    @Test
    void aClusterHasItsJournalInPostgres() throws IOException {
        node("").expect(2, "the configuration has no nightshift.journal");
        node("nightshift.journal.url = \"jdbc:h2:file:./ledger\"").expect(2, "nightshift.journal.url");
    }

    @Test
    void aNodeListensBeyondThisMachineOnlyWithTls() throws IOException {
        node("nightshift { node.hostname = 192.0.2.1, journal.url = \"jdbc:postgresql://localhost/x\" }")
                .expect(2, "192.0.2.1 is not a loopback address", "only with TLS");
        node("nightshift { node.bind-hostname = 0.0.0.0, journal.url = \"jdbc:postgresql://localhost/x\" }")
                .expect(2, "0.0.0.0 is not a loopback address", "only with TLS");
    }

    @Test
    void httpIsAnsweredBeyondThisMachineOnlyWithTlsAndTokens() throws IOException {
        String journal = "nightshift.journal.url = \"jdbc:postgresql://localhost/x\"\n";
        String open = journal + "nightshift.http { enabled = true, hostname = 0.0.0.0 }\n";
        String sentence = "A node answers HTTP beyond its own machine only with TLS and tokens";
        node(open).expect(2, sentence, "nightshift.http.tls is not set");
        node(open + "nightshift.http.tokens = []").expect(2, sentence, "nightshift.http.tls is not set");
        node(open + "nightshift.http.tls { certificate = a.pem, private-key = a.key }")
                .expect(2, sentence, "nightshift.http.tokens-file is not set");
    }

    @Test
    void mistakesOfTheHttpSectionAreNamed() throws IOException {
        node("""
            nightshift.http {
              enabled = yes
              port = 99999
              tls { certificate = a.pem }
              tokens = [ { name = "a b", role = boss, sha256 = 12 }, { nam = x } ]
              tokens-file = x
              limits { body = 1 }
            }
            """)
                .expect(
                        2,
                        "nightshift.http.enabled: expected true or false",
                        "nightshift.http.port: expected a number from 0 to 65535",
                        "nightshift.http.tls.private-key: missing",
                        "nightshift.http.tokens.name: is not a valid name of a token",
                        "nightshift.http.tokens.role: expected read or models or submit or admin",
                        "nightshift.http.tokens.sha256: expected 64 hexadecimal digits",
                        "nightshift.http.tokens.nam: unknown key; did you mean \"name\"?",
                        "nightshift.http.tokens-file: is given together with tokens",
                        "nightshift.http.limits.body: expected a number from 1024");
    }

    @Test
    void wrongOptionsAreNamed() throws IOException {
        node("", "--roles", "boss").expect(2, "--roles must be coordinator, worker or both, not boss");
        node("", "--http-port", "70000").expect(2, "--http-port must be 0 to 65535, not 70000");
        node("", "--port", "70000").expect(2, "--port must be 1 to 65535, not 70000");
        node("", "--threads", "-1").expect(2, "--threads must be 1 to 1024, not -1");
    }

    @Test
    void withoutAClusterNothingCanBeAsked() throws IOException {
        CommandResult.of(Main.commandLine(), "batch", "watch", "latest", "--home", folder.toString())
                .expect(2, "no cluster is configured");
        int port = unusedPort();
        Path file = Files.writeString(folder.resolve("client.conf"), """
            nightshift {
              node.contact-points = ["127.0.0.1:%d"]
              journal.url = "jdbc:postgresql://localhost/x"
            }
            """.formatted(port));
        CommandResult end = CommandResult.of(
                Main.commandLine(),
                "batch",
                "watch",
                "latest",
                "--config",
                file.toString(),
                "--home",
                folder.toString());
        end.expect(2, "cannot reach any node of the cluster: 127.0.0.1:" + port + " (Connection refused)");
        assertThat(end.out()).isEmpty();
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
