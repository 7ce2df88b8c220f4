package io.nightshift.cli.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs on the real libraries, because the result depends on the output of Scala's compiler.
class CacheableLambdasTest {

    private static final List<Class<?>> OF_LIBRARIES = List.of(
            scala.Function1.class,
            org.apache.pekko.actor.ActorSystem.class,
            org.apache.pekko.cluster.Cluster.class,
            slick.jdbc.H2Profile.class);

    private static final Pattern FUNCTION = Pattern.compile("Lscala/Function.*|Lorg/apache/pekko/japi/function/.*");

    @TempDir
    private Path folder;

    @Test
    void noScalaFunctionUsesAFactoryThatTheStartUpCacheDoesNotSupport() throws Exception {
        for (Class<?> ofLibrary : OF_LIBRARIES) {
            Path jar = jar(ofLibrary);
            Path prepared = prepared(jar);
            Made before = made(jar);
            Made after = made(prepared);

            assertThat(PrepareJars.concerns(jar)).as(jar.toString()).isTrue();
            assertThat(before.unsupported()).as(jar.toString()).isPositive();
            assertThat(after.unsupported()).as(jar.toString()).isZero();
            assertThat(after.supported()).as(jar.toString()).isEqualTo(before.unsupported() + before.supported());
        }
    }

    @Test
    void theFunctionsDoWhatTheyDid() throws Exception {
        Path scala = prepared(jar(scala.Function1.class));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {scala.toUri().toURL()}, null)) {
            Class<?> function = loader.loadClass("scala.Function1");
            Object same = loader.loadClass("scala.Predef$").getField("MODULE$").get(null);
            Object identity = same.getClass().getMethod("$conforms").invoke(same);
            Object composed = function.getMethod("andThen", function).invoke(identity, identity);

            assertThat(function.getMethod("apply", Object.class).invoke(composed, "x"))
                    .isEqualTo("x");
        }
    }

    @Test
    void otherClassesAreLeftAsTheyAre() throws IOException {
        byte[] own;
        try (var in = getClass().getResourceAsStream("CacheableLambdasTest.class")) {
            own = Objects.requireNonNull(in).readAllBytes();
        }

        assertThat(CacheableLambdas.in(own)).isSameAs(own);
    }

    private static Path jar(Class<?> ofLibrary) throws Exception {
        return Path.of(
                ofLibrary.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private Path prepared(Path jar) throws IOException {
        Path prepared = folder.resolve(jar.getFileName());
        PrepareJars.prepare(jar, prepared, List.of(jar));
        return prepared;
    }

    /// The number of functions in a jar's classes, by the factory that creates them.
    private record Made(int supported, int unsupported) {
        Made plus(Made more) {
            return new Made(supported + more.supported, unsupported + more.unsupported);
        }
    }

    private static Made made(Path jar) throws IOException {
        Made made = new Made(0, 0);
        try (ZipFile classes = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : Collections.list(classes.entries())) {
                if (entry.getName().endsWith(".class")) {
                    made = made.plus(made(
                            ClassFile.of().parse(classes.getInputStream(entry).readAllBytes())));
                }
            }
        }
        return made;
    }

    private static Made made(ClassModel model) {
        List<String> factories = model.methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .filter(InvokeDynamicInstruction.class::isInstance)
                .map(InvokeDynamicInstruction.class::cast)
                .filter(made -> FUNCTION.matcher(made.typeSymbol().returnType().descriptorString())
                        .matches())
                .map(made -> made.bootstrapMethod().methodName())
                .toList();
        return new Made(
                Collections.frequency(factories, "metafactory"), Collections.frequency(factories, "altMetafactory"));
    }
}
