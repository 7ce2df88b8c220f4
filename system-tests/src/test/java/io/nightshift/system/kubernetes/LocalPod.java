package io.nightshift.system.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.nightshift.k8s.Dockerfile;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A container of a manifest as a process on this machine. Command line, environment and volumes are the
/// manifest's, except that all folders are below a root folder, and that `NIGHTSHIFT_OPTS` makes the start faster.
final class LocalPod implements AutoCloseable {

    private final Path root;
    private final Container container;
    /// Mount path to local folder. Longer paths come first, since a path may be the prefix of another.
    private final Map<String, String> paths = new TreeMap<>(Comparator.reverseOrder());
    private final Path out;
    private @Nullable Process process;

    /// Creates empty volumes.
    ///
    /// @param root the root folder
    LocalPod(Path root, Container container) throws IOException {
        this.root = Files.createDirectories(root);
        this.container = container;
        this.out = root.resolve("out.txt");
        for (VolumeMount mount : container.getVolumeMounts()) {
            Path folder = Files.createDirectories(root.resolve(mount.getName()));
            paths.put(mount.getMountPath(), folder.toString());
        }
    }

    Path volume(String name) {
        return root.resolve(name);
    }

    /// Replaces the folders of the container in a text by the local ones.
    String here(String text) {
        String folders = paths.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"));
        return Pattern.compile("(?<![\\w/.-])(" + folders + ")(?![\\w-])")
                .matcher(text)
                .replaceAll(path -> Matcher.quoteReplacement(String.valueOf(paths.get(path.group(1)))));
    }

    /// @param references the environment variables whose values the manifest takes from elsewhere
    void start(Map<String, String> references) throws IOException {
        List<String> command = new ArrayList<>(Dockerfile.read().entrypoint());
        container.getArgs().forEach(argument -> command.add(here(argument)));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("NIGHTSHIFT_") || name.startsWith("KUBERNETES_"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.putAll(references);
        for (EnvVar variable : container.getEnv()) {
            if (variable.getValue() == null) {
                assertThat(references).containsKey(variable.getName());
            } else {
                environment.put(variable.getName(), variable.getValue());
            }
        }
        // The image has a start-up cache of its own. Here, the cache of the tests replaces it, and only the fast
        // compiler runs.
        environment.merge(
                "NIGHTSHIFT_OPTS",
                "-XX:TieredStopAtLevel=1 " + ProgramProcess.startupCache(container.getArgs()),
                (given, faster) -> given + " " + faster);
        process = builder.start();
    }

    String out() {
        try {
            return Files.exists(out) ? Files.readString(out) : "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Process process() {
        return Objects.requireNonNull(process, "it was not started");
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
