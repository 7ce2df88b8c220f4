package io.nightshift.cli.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class OldClassesTest {

    @TempDir
    private Path folder;

    @Test
    void noClassOfPicocliIsTooOldForTheStartUpCache() throws Exception {
        Path jar = Path.of(CommandLine.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path prepared = folder.resolve("prepared.jar");
        PrepareJars.prepare(jar, prepared, List.of(jar));

        assertThat(PrepareJars.concerns(jar)).isTrue();
        int classes = 0;
        try (ZipFile file = new ZipFile(prepared.toFile());
                URLClassLoader loader =
                        new URLClassLoader(new URL[] {prepared.toUri().toURL()}, null)) {
            for (ZipEntry entry : Collections.list(file.entries())) {
                String name = entry.getName();
                if (name.startsWith("picocli/") && name.endsWith(".class") && !name.contains("groovy")) {
                    byte[] content = file.getInputStream(entry).readAllBytes();
                    assertThat(ClassFile.of().parse(content).majorVersion())
                            .as(name)
                            .isGreaterThanOrEqualTo(ClassFile.JAVA_6_VERSION);
                    // The JVM verifies a class before it initializes it.
                    Class.forName(name.replace(".class", "").replace('/', '.'), true, loader);
                    classes++;
                }
            }
        }
        assertThat(classes).isGreaterThan(150);
    }

    @Test
    void otherClassesAreLeftAsTheyAre() throws IOException {
        byte[] own;
        try (var in = getClass().getResourceAsStream("OldClassesTest.class")) {
            own = Objects.requireNonNull(in).readAllBytes();
        }

        assertThat(new OldClasses(ClassHierarchyResolver.defaultResolver()).in(own))
                .isSameAs(own);
    }
}
