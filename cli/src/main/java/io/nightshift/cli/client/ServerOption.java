package io.nightshift.cli.client;

import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.ShellCommands;
import io.nightshift.client.HttpClientBuilder;
import io.nightshift.client.NightshiftClient;
import io.nightshift.node.configuration.LocalServer;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that make a command ask a server by HTTP, instead of a configured cluster or the ledger of a
/// home folder.
public final class ServerOption {

    /// The environment variable with the token.
    public static final String TOKEN = "NIGHTSHIFT_TOKEN";

    @Option(
            names = "--server",
            paramLabel = "URL",
            description =
                    "The URL of a node that answers HTTP, such as https://nightshift.example.org:7380. With it, the command needs no configuration. Without it, the command asks the configured cluster, or else the server that `nightshift serve` runs on the home folder. If no server runs there, the command uses the home folder itself.")
    private @Nullable String server;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "The file that holds the token; default: the environment variable NIGHTSHIFT_TOKEN, or else the token of the home folder, for nodes without configured tokens.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "The PEM file with the certificate authorities to trust; default: those of the platform.")
    private @Nullable Path ca;

    @Option(
            names = "--certificate",
            paramLabel = "FILE",
            description = "The client certificate, in PEM, if the server asks for one.")
    private @Nullable Path certificate;

    @Option(
            names = "--private-key",
            paramLabel = "FILE",
            description = "The private key of the client certificate, in PEM.")
    private @Nullable Path privateKey;

    public boolean isGiven() {
        return server != null;
    }

    /// @param home where the token of a node on this machine is, if no token is given
    /// @throws FailureException if an option or a file is wrong
    public NightshiftClient connect(HomeFolder home) {
        if (server == null) {
            throw new IllegalStateException("no server is given");
        }
        try {
            return connect(home, URI.create(server));
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("--server: " + e.getMessage());
        }
    }

    /// Connects to the server of the home folder, which `nightshift serve` runs. Waits while it starts.
    ///
    /// @return empty if none runs
    /// @throws FailureException if an option or a file is wrong
    public Optional<NightshiftClient> connectLocally(HomeFolder home) {
        return running(home).map(address -> connect(home, address));
    }

    private static Optional<URI> running(HomeFolder home) {
        return LocalServer.await(home.folder(), starting -> System.err.println("nightshift: " + starting + " ..."));
    }

    /// @throws IllegalArgumentException if the address is no URL of a server
    private NightshiftClient connect(HomeFolder home, URI uri) {
        HttpClientBuilder client =
                NightshiftClient.overHttp(uri).attempts(3).token(isThisMachine(uri) ? token(home) : token());
        SSLContext tls = tls();
        return (tls == null ? client : client.tls(tls)).build();
    }

    /// The address of a server, and how to reach it.
    ///
    /// @param token to send, or null
    /// @param tls null for that of the platform
    public record Reachable(
            URI address, @Nullable String token, @Nullable SSLContext tls) {}

    /// The given server, or else the one that runs on the home folder; empty if none does.
    ///
    /// @throws FailureException if an option or a file is wrong
    public Optional<Reachable> find(HomeFolder home) {
        try {
            return (server == null ? running(home) : Optional.of(URI.create(server)))
                    .map(address -> new Reachable(address, isThisMachine(address) ? token(home) : token(), tls()));
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("--server: " + e.getMessage());
        }
    }

    private @Nullable SSLContext tls() {
        if (certificate != null && privateKey != null) {
            return new TlsFiles(certificate, privateKey, ca).context();
        }
        if (certificate != null || privateKey != null) {
            throw FailureException.permanent("--certificate and --private-key need each other. Give both, or neither");
        }
        return ca == null ? null : TlsFiles.trusting(ca);
    }

    private static boolean isThisMachine(URI uri) {
        return uri.getHost() != null && uri.getHost().matches("localhost|127\\.[0-9.]+|\\[::1]");
    }

    /// The token for a node: the given one, or that of the home folder, or null if there is none.
    public @Nullable String token(HomeFolder home) {
        String token = token();
        return token == null ? LocalToken.find(home.folder()) : token;
    }

    private @Nullable String token() {
        if (tokenFile == null) {
            String token = System.getenv(TOKEN);
            return token == null || token.isBlank() ? null : token;
        }
        try {
            return Files.readString(tokenFile).strip();
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the token file %s is missing or can't be read as text".formatted(tokenFile));
        }
    }

    /// The options that make another command ask the same server.
    public String option() {
        return server == null
                ? ""
                : " --server " + ShellCommands.word(server) + file("token-file", tokenFile) + file("ca", ca)
                        + file("certificate", certificate) + file("private-key", privateKey);
    }

    private static String file(String option, @Nullable Path file) {
        return file == null ? "" : " --" + option + " " + ShellCommands.word(file.toString());
    }
}
