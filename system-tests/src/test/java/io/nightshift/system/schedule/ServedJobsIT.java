package io.nightshift.system.schedule;

import io.nightshift.client.NightshiftClient;
import io.nightshift.client.messages.MessageClient;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.system.tls.TestCertificates;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/// Applied jobs of `nightshift serve`, on the ledger of a home folder.
final class ServedJobsIT extends UnattendedJobsContract {

    private static final String HOST = "127.0.0.1";

    @Override
    SchedulingSystem start(Path empty, String configuration, ScoringGate scoring) throws IOException {
        String port = String.valueOf(FreePort.any());
        TlsFiles tls = TestCertificates.make(empty.resolve("tls"), HOST).of(HOST);
        Path file = Files.writeString(empty.resolve("serve.conf"), """
                %s
                nightshift.tls { enabled = true, certificate = "%s", private-key = "%s", ca = "%s" }
                """.formatted(
                        configuration, tls.certificate(), tls.privateKey(), tls.ca()));
        String[] options = {"--port", port, "--config", file.toString()};
        HomeServer server = new HomeServer(empty, scoring, options);
        return new SchedulingSystem() {
            @Override
            public CommandResult command(String... words) {
                return server.command(words);
            }

            @Override
            public CommandResult commandOverHttp(String... words) {
                Path token = LocalToken.file(server.home());
                return server.command(Stream.concat(
                                Stream.of(words),
                                Stream.of("--server", server.address().toString(), "--token-file", token.toString()))
                        .toArray(String[]::new));
            }

            @Override
            public NightshiftClient http() {
                return NightshiftClient.overHttp(server.address())
                        .token(token())
                        .build();
            }

            @Override
            public NightshiftClient messages() {
                return MessageClient.builder(HOST + ":" + port)
                        .tls(tls, "")
                        .token(token())
                        .build();
            }

            private String token() {
                return Objects.requireNonNull(LocalToken.find(server.home()));
            }

            @Override
            public void kill() throws IOException, InterruptedException {
                server.kill();
            }

            @Override
            public void restart() throws IOException {
                server.restart(options);
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }
}
