package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodSecurityContext;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The Dockerfile against the distribution and the manifests; no image is built.
final class ImageTest {

    @Test
    void everythingThatIsCopiedIsInTheDistribution() throws IOException {
        List<String> copied = Image.read()
                .each("COPY")
                .filter(arguments -> !arguments.startsWith("--from="))
                .flatMap(arguments -> {
                    String[] words = arguments.split(" +", -1);
                    return Arrays.stream(words, 0, words.length - 1);
                })
                .toList();
        assertThat(copied).contains("nightshift", "lib/", "example/");
        assertThat(copied)
                .allSatisfy(
                        path -> assertThat(Image.distribution().resolve(path)).exists());
    }

    @Test
    void theProgramsJarsAreALayerOfTheirOwn() throws IOException {
        assertThat(Image.read().last("RUN")).contains("mv lib/nightshift-*.jar /layers/program/lib/");
        PathMatcher own = FileSystems.getDefault().getPathMatcher("glob:nightshift-*.jar");
        try (Stream<Path> jars = Files.list(Image.distribution().resolve("lib"))) {
            assertThat(jars.map(Path::getFileName).filter(own::matches).map(Path::toString))
                    .contains("nightshift-cli.jar")
                    .hasSizeGreaterThan(3);
        }
    }

    @Test
    void everyStageIsOnTheSameJava() throws IOException {
        assertThat(Image.read().each("FROM")).containsExactly("${JRE} AS prepared", "${JRE}");
        assertThat(Image.read().each("ARG")).first().asString().matches("JRE=.*25.*");
    }

    @Test
    void theUserIsTheManifestsAndHasNoName() throws IOException {
        String user = Image.read().last("USER");
        Manifests.in(Manifests.BASE).pods().forEach((name, pod) -> {
            PodSecurityContext security = pod.getSpec().getSecurityContext();
            assertThat(user).isEqualTo(security.getRunAsUser() + ":" + security.getRunAsGroup());
        });
    }

    @Test
    void theEntryPointIsTheDistributionsLauncher() throws IOException {
        assertThat(Image.read().entrypoint())
                .singleElement()
                .satisfies(launcher -> assertThat(Path.of(launcher)).isExecutable());
    }
}
