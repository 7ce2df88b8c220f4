package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each class that describes a job may be the first one that a process uses: a worker reads jobs from messages, and
/// a command reads them from files.
final class InitializationTest {

    private static final Path CLASSES = Path.of("target/classes");

    static List<String> classes() throws IOException {
        String folder = Job.class.getPackageName().replace('.', '/');
        try (Stream<Path> files = Files.list(CLASSES.resolve(folder))) {
            return files.map(file -> CLASSES.relativize(file).toString())
                    .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
                    .map(file -> file.replace(".class", "").replace(File.separatorChar, '.'))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("classes")
    void aClassMayBeTheFirstThatIsUsed(String name) throws IOException {
        try (URLClassLoader fresh = new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
            assertThatCode(() -> Class.forName(name, true, fresh)).doesNotThrowAnyException();
        }
    }

    private static URL[] classPath() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }
}
