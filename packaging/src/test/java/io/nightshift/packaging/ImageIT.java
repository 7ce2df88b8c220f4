package io.nightshift.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.k8s.Dockerfile;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The container image, without a container engine. The build makes it with the profile `release`.
final class ImageIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder;

    static JsonNode manifest;
    static JsonNode configuration;

    @BeforeAll
    static void unpack() throws IOException, InterruptedException {
        Optional<Path> image = Release.find(".tar");
        assumeTrue(image.isPresent(), "this build made no image: mvn -Prelease verify makes one");
        Release.tool(folder, "tar", "-xf", image.orElseThrow().toString());
        JsonNode index = json(folder.resolve("index.json"));
        manifest = blob(index.path("manifests").path(0));
        configuration = blob(manifest.path("config"));
    }

    private static JsonNode json(Path file) throws IOException {
        return JSON.readTree(file.toFile());
    }

    /// The content of a descriptor, whose digest and size must fit.
    private static JsonNode blob(JsonNode descriptor) throws IOException, InterruptedException {
        return json(file(descriptor));
    }

    private static Path file(JsonNode descriptor) throws IOException, InterruptedException {
        String digest = descriptor.path("digest").asText().replaceFirst("^sha256:", "");
        Path file = folder.resolve("blobs/sha256").resolve(digest);
        assertThat(Files.size(file)).isEqualTo(descriptor.path("size").asLong());
        assertThat(Release.tool(folder, "sha256sum", file.toString())).startsWith(digest);
        return file;
    }

    @Test
    void theImageIsThatOfTheDockerfile() throws IOException {
        JsonNode settings = configuration.path("config");
        Dockerfile dockerfile = Dockerfile.read();
        assertThat(settings.path("User").asText()).isEqualTo(dockerfile.last("USER"));
        assertThat(settings.path("WorkingDir").asText()).isEqualTo(dockerfile.last("WORKDIR"));
        assertThat(settings.path("Entrypoint")).isEqualTo(JSON.readTree(dockerfile.last("ENTRYPOINT")));
        List<String> ports = new ArrayList<>();
        settings.path("ExposedPorts").fieldNames().forEachRemaining(ports::add);
        assertThat(ports)
                .containsExactly(List.of(dockerfile.last("EXPOSE").split(" ", -1)).stream()
                        .map(port -> port + "/tcp")
                        .toArray(String[]::new));
        settings.path("Labels")
                .fieldNames()
                .forEachRemaining(label -> assertThat(dockerfile.last("LABEL")).contains(label + "="));
    }

    @Test
    void olderEnginesFindTheSameLayers() throws IOException {
        JsonNode older = json(folder.resolve("manifest.json")).path(0);
        assertThat(older.path("RepoTags").path(0).asText()).startsWith("nightshift:");
        List<String> layers = new ArrayList<>();
        manifest.path("layers")
                .forEach(layer -> layers.add(layer.path("digest").asText().replace("sha256:", "blobs/sha256/")));
        assertThat(layers).hasSize(4);
        older.path("Layers").forEach(layer -> assertThat(layers).contains(layer.asText()));
    }

    @Test
    void theMainJobRunsInsideIt() throws IOException, InterruptedException {
        assumeTrue(
                Release.isRoot() && Release.hasTool("unshare"), "only root can change the root folder to the image's");
        Path root = Files.createDirectories(folder.resolve("root"));
        for (JsonNode layer : manifest.path("layers")) {
            Release.tool(root, "tar", "-xzf", file(layer).toString());
        }
        JsonNode settings = configuration.path("config");
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/unshare",
                "--mount",
                "sh",
                "-euc",
                "mount -t proc proc \"$0/proc\"; user=$1; shift; exec chroot --userspec=\"$user\" \"$0\" \"$@\"",
                root.toString(),
                settings.path("User").asText()));
        settings.path("Entrypoint").forEach(word -> command.add(word.asText()));
        command.addAll(List.of(
                "run",
                "/opt/nightshift/lib/example/job.yaml",
                "--home",
                "/tmp/home",
                "--set",
                "destination.parquet=/tmp/predictions",
                "-o",
                "json"));

        String path = settings.path("Env").path(0).asText().replaceFirst("^PATH=", "");
        CommandResult run = Release.run(folder, Map.of("PATH", path), command);

        run.expect(0);
        assertThat(run.json().path("state").asText()).isEqualTo("published");
        assertThat(root.resolve("tmp/predictions")).isDirectory();
    }
}
