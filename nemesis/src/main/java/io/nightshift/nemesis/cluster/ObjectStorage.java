package io.nightshift.nemesis.cluster;

import io.nightshift.cli.Main;
import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The sources and models of nodes that share no folder: an S3 server on the host of the database.
public final class ObjectStorage implements AutoCloseable {

    private static final String SOURCES = "sources";
    private static final String MODELS = "models";

    private final S3Server server;

    private ObjectStorage(S3Server server) {
        this.server = server;
    }

    /// Starts the server.
    public static ObjectStorage start(HostNetwork network) throws IOException {
        S3Server server =
                S3Server.start(network.commandPrefix(SimulatedHost.DATABASE), network.address(SimulatedHost.DATABASE));
        server.createBucket(SOURCES);
        server.createBucket(MODELS);
        return new ObjectStorage(server);
    }

    /// The configuration of nodes and commands that use it, and nothing else.
    public String configuration() {
        return """
                nightshift {
                  registry = "s3://%2$s/nightshift"
                  files { read = [], write = [] }
                  stores.nemesis {
                    endpoint = "%3$s", path-style = true, buckets = [%1$s, %2$s], access-key-id = id, secret-access-key = secret
                  }
                }
                """.formatted(SOURCES, MODELS, server.endpoint());
    }

    /// Stores a file.
    ///
    /// @return its address
    public String put(Path file) throws IOException {
        server.put(SOURCES, file.getFileName().toString(), file);
        return "s3://%s/%s".formatted(SOURCES, file.getFileName());
    }

    /// Registers a model.
    ///
    /// @param folder for files of the command
    public void register(Path model, String name, Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("storage.conf"), configuration());
        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "import",
                        model.toString(),
                        "--name",
                        name,
                        "--config",
                        file.toString(),
                        "--home",
                        folder.resolve("register").toString())
                .expect(0);
    }

    @Override
    public void close() {
        server.close();
    }
}
