package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Renders manifests with `kubectl kustomize`, where kubectl is installed (Debian: `kubernetes-client`).
final class Kustomize {

    private Kustomize() {}

    static boolean isInstalled() {
        String path = System.getenv("PATH");
        return path != null
                && Stream.of(path.split(":", -1)).anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
    }

    /// The manifests that `kubectl apply -k FOLDER` would apply.
    static Manifests render(Path folder) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("kustomize", ".log");
        Process kubectl = new ProcessBuilder(List.of("kubectl", "kustomize", folder.toString()))
                .redirectError(errors.toFile())
                .start();
        String rendered = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(kubectl.waitFor()).as(Files.readString(errors)).isZero();
        Files.delete(errors);
        return Manifests.of("kubectl kustomize " + folder, rendered);
    }
}
