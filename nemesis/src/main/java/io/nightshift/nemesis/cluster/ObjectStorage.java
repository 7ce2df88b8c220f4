package io.nightshift.nemesis.cluster;

import io.nightshift.cli.Main;
import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// The sources, models and predictions of nodes that share no folder: an S3 server behind a proxy with a host of
/// its own. The nemesis reads straight from the server.
public final class ObjectStorage implements AutoCloseable {

    private static final String SOURCES = "sources";
    private static final String MODELS = "models";
    private static final String PREDICTIONS = "predictions";

    private final S3Server server;
    private final FaultProxy proxy;

    private ObjectStorage(S3Server server, FaultProxy proxy) {
        this.server = server;
        this.proxy = proxy;
    }

    /// Starts the server.
    public static ObjectStorage start(HostNetwork network) throws IOException {
        S3Server server = S3Server.start();
        for (String bucket : List.of(SOURCES, MODELS, PREDICTIONS)) {
            server.createBucket(bucket);
        }
        FaultProxy proxy = FaultProxy.start(server.endpoint(), network.address(SimulatedHost.STORAGE));
        return new ObjectStorage(server, proxy);
    }

    /// The configuration of nodes and commands that use it, and nothing else.
    public String configuration() {
        return """
                nightshift {
                  registry = "s3://%2$s/nightshift"
                  files { read = [], write = [] }
                  stores.nemesis {
                    endpoint = "%4$s", plain-http = true, path-style = true, access-key-id = id, secret-access-key = secret
                    buckets = [%1$s, %2$s], write-buckets = [%3$s]
                  }
                }
                """.formatted(SOURCES, MODELS, PREDICTIONS, proxy.endpoint());
    }

    /// The proxy that all nodes use.
    public FaultProxy proxy() {
        return proxy;
    }

    /// Stores a file.
    ///
    /// @param name what no other file has
    /// @return its address
    public String put(Path file, String name) throws IOException {
        server.put(SOURCES, name, file);
        return "s3://%s/%s".formatted(SOURCES, name);
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

    /// The address of the predictions with a name.
    public String predictions(String name) {
        return "s3://%s/%s".formatted(PREDICTIONS, name);
    }

    /// The objects of the predictions with a name, without the name.
    public List<String> list(String name) throws IOException {
        return server.list(PREDICTIONS, name + "/").stream()
                .map(key -> key.substring(name.length() + 1))
                .toList();
    }

    /// The content of one of these objects, as UTF-8.
    public String read(String name, String object) throws IOException {
        return server.get(PREDICTIONS, name + "/" + object);
    }

    /// Stores an object next to the predictions with a name.
    public void write(String name, String object, String content) throws IOException {
        server.put(PREDICTIONS, name + "/" + object, content.getBytes(StandardCharsets.UTF_8));
    }

    /// Deletes one of these objects.
    public void delete(String name, String object) throws IOException {
        server.delete(PREDICTIONS, name + "/" + object);
    }

    /// Copies one of these objects to a folder, under the same name.
    public void copy(String name, String object, Path folder) throws IOException {
        Path file = folder.resolve(object);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        server.get(PREDICTIONS, name + "/" + object, file);
    }

    /// Deletes all objects of the predictions with a name.
    public void delete(String name) throws IOException {
        for (String object : list(name)) {
            server.delete(PREDICTIONS, name + "/" + object);
        }
    }

    @Override
    public void close() {
        proxy.close();
        server.close();
    }
}
