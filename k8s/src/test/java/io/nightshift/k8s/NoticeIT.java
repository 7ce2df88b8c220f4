package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/// The NOTICE that the build generates, and the folder of licence texts, against the jars of the
/// distribution.
final class NoticeIT {

    private static final Path LICENCES = Checkout.distribution().resolve("licences");

    /// The path of a licence or a notice in a jar.
    private static final Pattern LEGAL_FILE =
            Pattern.compile("(?:.*/)?[^/]*(?:LICEN[CS]E|NOTICE|COPYING)[^/]*(?<!\\.class)");

    @Test
    void theRepositorysNoticeIsPartOfIt() throws IOException {
        assertThat(notice()).startsWith(Files.readString(Path.of("..", "NOTICE")));
    }

    @Test
    void everyJarIsListedWithItsVersionAndNothingElseIs() throws IOException {
        List<Library> libraries = libraries();
        List<Path> jars = jars();
        assertThat(jars).hasSizeGreaterThan(50);
        assertThat(libraries).doesNotHaveDuplicates();
        assertThat(jars)
                .as("jars that NOTICE does not list")
                .filteredOn(jar -> libraries.stream().noneMatch(library -> library.isIn(jar)))
                .isEmpty();
        assertThat(libraries)
                .as("libraries that NOTICE lists, without a jar")
                .filteredOn(library -> jars.stream().noneMatch(library::isIn))
                .isEmpty();
    }

    @Test
    void theTextOfEveryLicenceIsThere() throws IOException {
        List<Library> withoutText = new ArrayList<>();
        for (Library library : libraries()) {
            Stream<Path> common = library.licences().stream()
                    .map(licence -> licence.equals("GPL-3.0-or-later")
                            ? Checkout.distribution().resolve("LICENSE")
                            : LICENCES.resolve(licence + ".txt"));
            if (common.noneMatch(Files::isRegularFile)
                    && legalFiles(LICENCES.resolve(library.artifact())).isEmpty()
                    && legalFiles(LICENCES.resolve(library.group())).isEmpty()) {
                withoutText.add(library);
            }
        }
        assertThat(withoutText)
                .as("libraries without the text of a licence, which must be in licences/ARTIFACT")
                .isEmpty();
    }

    @Test
    void theNoticesAndLicencesInTheJarsAreRepeated() throws IOException {
        String notice = normalized(notice());
        Set<String> licences = new HashSet<>();
        for (Path text : legalFiles(LICENCES)) {
            licences.add(normalized(Files.readString(text)));
        }
        List<String> repeated = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Path jar : jars()) {
            try (ZipFile file = new ZipFile(jar.toFile())) {
                for (ZipEntry entry : Collections.list(file.entries())) {
                    if (LEGAL_FILE.matcher(entry.getName()).matches()) {
                        String text = normalized(
                                new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
                        boolean there =
                                entry.getName().contains("NOTICE") ? notice.contains(text) : licences.contains(text);
                        (there ? repeated : missing).add(jar.getFileName() + "!" + entry.getName());
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(repeated).hasSizeGreaterThan(50);
    }

    /// The class path of this test has the jars as their authors published them.
    @Test
    void theLibrariesThatTheBuildChangesAreMarked() throws IOException {
        Map<String, Path> published = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of)
                .collect(Collectors.toMap(
                        path -> path.getFileName().toString(), Function.identity(), (first, second) -> first));
        List<Library> libraries = libraries();
        List<Path> changed = new ArrayList<>();
        List<Path> marked = new ArrayList<>();
        for (Path jar : jars()) {
            assertThat(published).containsKey(jar.getFileName().toString());
            if (Files.mismatch(published.get(jar.getFileName().toString()), jar) >= 0) {
                changed.add(jar);
            }
            if (libraries.stream().anyMatch(library -> library.modified() && library.isIn(jar))) {
                marked.add(jar);
            }
        }
        assertThat(changed).isNotEmpty();
        assertThat(marked).containsExactlyElementsOf(changed);
    }

    private static String notice() throws IOException {
        return Files.readString(Checkout.distribution().resolve("NOTICE"));
    }

    private static List<Library> libraries() throws IOException {
        return Pattern.compile("^([\\w.-]+):([\\w.-]+):([\\w.-]+) +(\\S.*?)(, modified)?$", Pattern.MULTILINE)
                .matcher(notice())
                .results()
                .map(Library::of)
                .toList();
    }

    /// The jars of other authors.
    private static List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(Checkout.distribution().resolve("lib"))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .filter(file -> !file.getFileName().toString().startsWith("nightshift-"))
                    .sorted()
                    .toList();
        }
    }

    private static List<Path> legalFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file ->
                            LEGAL_FILE.matcher(file.getFileName().toString()).matches())
                    .toList();
        }
    }

    private static String normalized(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    /// A line of the list of libraries.
    ///
    /// @param licences the licences that the library offers, by their SPDX identifiers
    /// @param modified whether the line says that the build modifies the library
    private record Library(String group, String artifact, String version, List<String> licences, boolean modified) {

        static Library of(MatchResult line) {
            return new Library(
                    line.group(1),
                    line.group(2),
                    line.group(3),
                    List.of(line.group(4).split(" or ", -1)),
                    line.group(5) != null);
        }

        /// Whether a jar is this library, alone or with a classifier at the end of its name.
        boolean isIn(Path jar) {
            String name = jar.getFileName().toString();
            String own = artifact + "-" + version;
            return name.equals(own + ".jar") || name.startsWith(own + "-");
        }

        @Override
        public String toString() {
            return group + ":" + artifact + ":" + version;
        }
    }
}
