package io.nightshift.cli.distribution;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassHierarchyResolver;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Rewrites the classes of the distribution that the start-up cache can't hold as they are. The build runs
/// it; see docs/decisions/0002.
public final class PrepareJars {

    private static final Pattern LIBRARIES = Pattern.compile("(nightshift-|pekko|picocli|scala-library|slick).*\\.jar");

    /// The times of jars are in the quarter of a century that begins here.
    private static final Instant FIRST_TIME = Instant.parse("2000-01-01T00:00:00Z");

    private static final long TIMES = Duration.ofDays(25 * 365).toSeconds();

    private PrepareJars() {}

    /// @param arguments the folder of the jars; the jar of the program, and the name of its copy in the folder
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Files.copy(Path.of(arguments[1]), folder.resolve(arguments[2]), StandardCopyOption.REPLACE_EXISTING);
        List<Path> jars;
        try (Stream<Path> files = Files.list(folder)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars.stream().filter(PrepareJars::concerns).toList()) {
            Path prepared = jar.resolveSibling(jar.getFileName() + ".new");
            prepare(jar, prepared, jars);
            Files.move(prepared, jar, StandardCopyOption.REPLACE_EXISTING);
        }
        for (Path jar : jars) {
            Files.setLastModifiedTime(jar, FileTime.from(time(jar)));
        }
    }

    /// A time that depends on a jar's content. The JVM uses a start-up cache only if its jars have the same sizes
    /// and times as when it was made. So it fits every build that gives the same jars, and no other.
    static Instant time(Path jar) throws IOException {
        CRC32 checksum = new CRC32();
        checksum.update(Files.readAllBytes(jar));
        return FIRST_TIME.plusSeconds(checksum.getValue() % TIMES);
    }

    /// Whether a jar is one of those with such classes.
    public static boolean concerns(Path jar) {
        return LIBRARIES.matcher(jar.getFileName().toString()).matches();
    }

    /// Writes a rewritten copy of a jar. The entries keep their times, so the same library gives the same
    /// bytes.
    ///
    /// @param libraries the jars with the types that its methods use
    public static void prepare(Path jar, Path prepared, List<Path> libraries) throws IOException {
        try (URLClassLoader types = new URLClassLoader(urls(libraries), null);
                ZipFile in = new ZipFile(jar.toFile());
                OutputStream file = Files.newOutputStream(prepared);
                ZipOutputStream out = new ZipOutputStream(file)) {
            ClassHierarchyResolver classes = ClassHierarchyResolver.ofResourceParsing(types)
                    .orElse(ClassHierarchyResolver.defaultResolver())
                    .cached();
            for (ZipEntry entry : Collections.list(in.entries())) {
                byte[] content = in.getInputStream(entry).readAllBytes();
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                out.putNextEntry(copy);
                out.write(entry.getName().endsWith(".class") ? prepared(content, classes) : content);
                out.closeEntry();
            }
        }
    }

    private static byte[] prepared(byte[] content, ClassHierarchyResolver classes) throws IOException {
        byte[] current = new OldClasses(classes).in(content);
        return CacheableLambdas.in(new CacheableSwitches(classes).in(current));
    }

    private static URL[] urls(List<Path> jars) throws IOException {
        URL[] urls = new URL[jars.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = jars.get(i).toUri().toURL();
        }
        return urls;
    }
}
