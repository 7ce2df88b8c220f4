package io.nightshift.cli.distribution;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Run by the build: prepares the distribution's Scala libraries for the start-up cache. See docs/decisions/0002.
public final class PrepareJars {

    private PrepareJars() {}

    /// @param arguments the folder of the jars
    public static void main(String[] arguments) throws IOException {
        try (DirectoryStream<Path> jars =
                Files.newDirectoryStream(Path.of(arguments[0]), "{pekko,slick,scala-library}*.jar")) {
            for (Path jar : jars) {
                prepare(jar);
            }
        }
    }

    /// Replaces a jar. It keeps the entries' times, so that the same libraries give the same bytes.
    static void prepare(Path jar) throws IOException {
        Path changed = jar.resolveSibling(jar.getFileName() + ".new");
        try (ZipFile in = new ZipFile(jar.toFile());
                OutputStream file = Files.newOutputStream(changed);
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
        Files.move(changed, jar, StandardCopyOption.REPLACE_EXISTING);
    }
}
