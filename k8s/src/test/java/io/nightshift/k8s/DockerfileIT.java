package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.nightshift.cli.distribution.PrepareJars;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Checks the Dockerfile against the distribution and the manifests, without building an image.
final class DockerfileIT {

    @Test
    void everythingThatIsCopiedIsInTheDistribution() throws IOException {
        List<String> copied = Dockerfile.read()
                .each("COPY")
                .filter(arguments -> !arguments.startsWith("--from="))
                .flatMap(arguments -> {
                    String[] words = arguments.split(" +", -1);
                    return Arrays.stream(words, 0, words.length - 1);
                })
                .toList();
        assertThat(copied).contains("NOTICE", "bin/", "licences/", "lib/");
        assertThat(copied)
                .allSatisfy(path ->
                        assertThat(Checkout.distribution().resolve(path)).exists());
    }

    @Test
    void theProgramsJarsAreALayerOfTheirOwn() throws IOException {
        assertThat(Dockerfile.read().last("RUN")).contains("mv lib/nightshift-*.jar /layers/program/lib/");
        PathMatcher own = FileSystems.getDefault().getPathMatcher("glob:nightshift-*.jar");
        try (Stream<Path> jars = Files.list(Checkout.distribution().resolve("lib"))) {
            assertThat(jars.map(Path::getFileName).filter(own::matches).map(Path::toString))
                    .contains("nightshift-cli.jar")
                    .hasSizeGreaterThan(3);
        }
    }

    @Test
    void theStartUpCacheCanHoldTheLibraries(@TempDir Path folder) throws IOException {
        try (Stream<Path> files = Files.list(Checkout.distribution().resolve("lib"))) {
            List<Path> jars = files.filter(PrepareJars::concerns).toList();
            assertThat(jars).hasSizeGreaterThan(20).allSatisfy(jar -> {
                Path again = folder.resolve(jar.getFileName());
                PrepareJars.prepare(jar, again, jars);
                assertThat(again).as("prepared already").hasSameBinaryContentAs(jar);
            });
        }
    }

    /// Runs the steps of the Dockerfile in a folder. Archives copy the files, as the layers of an image do.
    @Test
    @EnabledOnOs(OS.LINUX)
    @Nightly(shortForm = "DockerfileIT.theStartUpCacheCanHoldTheLibraries")
    void theStartUpCacheFitsTheJarsAsTheLayersHaveThem(@TempDir Path folder) throws Exception {
        Path root = folder.resolve("image" + Dockerfile.ROOT);
        copy(Checkout.distribution(), root, "bin", "LICENSE", "NOTICE", "licences", "lib");
        FlightsJob.shorten(root.resolve("lib/example"), 30_000);
        String script = Dockerfile.read()
                .last("RUN")
                .replace("/tmp/", folder + "/tmp/")
                .replace("/layers", folder.resolve("layers").toString());
        Files.createDirectories(folder.resolve("tmp"));
        assertThat(run(root, "sh", "-euc", script)).as("the cache is made").contains("preparing a start-up cache");

        Path prepared = Files.move(root, folder.resolve("prepared"));
        copy(folder.resolve("layers/libraries"), root.resolve("lib"), ".");
        copy(folder.resolve("layers/program"), root, ".");
        copy(prepared.resolve("cache"), root.resolve("cache"), ".");
        String launcher = root.resolve("bin/nightshift").toString();

        // With this option the JVM does not start if the cache does not fit.
        assertThat(run(root, "env", "NIGHTSHIFT_OPTS=-XX:AOTMode=on", launcher, "--version"))
                .startsWith("nightshift ");
        try (Stream<Path> files = Files.list(root.resolve("lib"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .allSatisfy(
                            file -> assertThat(Files.getLastModifiedTime(file).toInstant())
                                    .as("the time of %s, which must be the same in every build", file)
                                    .isEqualTo(Instant.parse("2026-01-01T00:00:00Z")));
        }
    }

    /// Copies files as a layer does, with times in whole seconds.
    private static void copy(Path from, Path to, String... names) throws IOException, InterruptedException {
        Files.createDirectories(to);
        run(
                to,
                "sh",
                "-euc",
                "tar --format=ustar -C '%s' -cf - %s | tar -C '%s' -xf -".formatted(from, String.join(" ", names), to));
    }

    private static String run(Path folder, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("NIGHTSHIFT_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), out).isZero();
        return out;
    }

    @Test
    void everyStageIsOnTheSameJava() throws IOException {
        assertThat(Dockerfile.read().each("FROM")).containsExactly("${JRE} AS prepared", "${JRE}");
        assertThat(Dockerfile.read().each("ARG")).first().asString().matches("JRE=.*25.*");
    }

    @Test
    void theUserIsTheManifestsAndHasNoName() throws IOException {
        String user = Dockerfile.read().last("USER");
        Manifests.in(Manifests.BASE).pods().forEach((name, pod) -> {
            PodSecurityContext security = pod.getSpec().getSecurityContext();
            assertThat(user).isEqualTo(security.getRunAsUser() + ":" + security.getRunAsGroup());
        });
    }

    @Test
    void theEntryPointIsTheDistributionsLauncher() throws IOException {
        assertThat(Dockerfile.read().entrypoint())
                .singleElement()
                .satisfies(launcher -> assertThat(Path.of(launcher)).isExecutable());
    }
}
