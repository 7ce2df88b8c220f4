package io.nightshift.cli.distribution;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Rewrites the distribution's Scala libraries for the start-up cache. The build runs it; see
/// docs/decisions/0002.
public final class PrepareJars {

    private static final Pattern LIBRARIES = Pattern.compile("(pekko|scala-library|slick).*\\.jar");

    private PrepareJars() {}

    /// @param arguments the folder of the jars
    public static void main(String[] arguments) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            jars = files.filter(PrepareJars::concerns).toList();
        }
        for (Path jar : jars) {
            Path prepared = jar.resolveSibling(jar.getFileName() + ".new");
            prepare(jar, prepared);
            Files.move(prepared, jar, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// Whether a jar is one of the Scala libraries.
    public static boolean concerns(Path jar) {
        return LIBRARIES.matcher(jar.getFileName().toString()).matches();
    }

    /// Writes a rewritten copy of a jar. The entries keep their times, so the same library gives the same
    /// bytes.
    public static void prepare(Path jar, Path prepared) throws IOException {
        try (ZipFile in = new ZipFile(jar.toFile());
                OutputStream file = Files.newOutputStream(prepared);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (ZipEntry entry : Collections.list(in.entries())) {
                byte[] content = in.getInputStream(entry).readAllBytes();
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                out.putNextEntry(copy);
                out.write(entry.getName().endsWith(".class") ? CacheableLambdas.in(content) : content);
                out.closeEntry();
            }
        }
    }
}
