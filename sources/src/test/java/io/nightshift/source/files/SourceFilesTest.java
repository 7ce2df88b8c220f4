package io.nightshift.source.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.FileVersion;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFilesTest {

    private static final FileKind PARQUET = FileKind.of(".parquet");

    @TempDir
    private Path folder;

    @BeforeEach
    void files() throws IOException {
        for (String name : List.of(
                "b.parquet",
                "a.parquet",
                "notes.txt",
                ".hidden.parquet",
                "_draft.parquet",
                "year=2026/c.parquet",
                "year=2026/deep/d.parquet",
                "_temporary/e.parquet",
                ".staging/f.parquet",
                "it's [1] odd.parquet",
                "it's 1 odd.parquet")) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.createFile(file);
        }
        Files.createDirectories(folder.resolve("empty"));
    }

    private List<String> expand(String... paths) {
        return expand(FileRoots.UNRESTRICTED, paths);
    }

    private List<String> expand(FileRoots roots, String... paths) {
        return new SourceFiles(roots)
                .list(Stream.of(paths).map(path -> folder + "/" + path).toList(), PARQUET).stream()
                        .map(file -> folder.relativize(Path.of(file.path())).toString())
                        .toList();
    }

    @Test
    void aFolderGivesItsVisibleParquetFilesAtAnyDepthInOrder() {
        assertThat(expand(""))
                .containsExactly(
                        "a.parquet",
                        "b.parquet",
                        "it's 1 odd.parquet",
                        "it's [1] odd.parquet",
                        "year=2026/c.parquet",
                        "year=2026/deep/d.parquet");
    }

    @Test
    void aFolderIsSearchedForTheEndingsOfAKind() {
        FileKind texts = FileKind.of(".txt", ".md");
        assertThat(new SourceFiles(FileRoots.UNRESTRICTED).list(List.of(folder.toString()), texts))
                .extracting(FileVersion::path)
                .containsExactly(folder + "/notes.txt");
        assertThatThrownBy(() -> new SourceFiles(FileRoots.UNRESTRICTED)
                        .list(List.of(folder + "/year=2026"), FileKind.of(".csv", ".csv.gz", ".csv.zst")))
                .hasMessage(
                        "source: there is no .csv, .csv.gz or .csv.zst file in the folder " + folder + "/year=2026");
    }

    @Test
    void aGlobStaysInItsFolderUnlessItSaysOtherwise() {
        assertThat(expand("*.parquet"))
                .containsExactly("a.parquet", "b.parquet", "it's 1 odd.parquet", "it's [1] odd.parquet");
        assertThat(expand("**.parquet")).hasSize(6);
        assertThat(expand("year=*/*.parquet")).containsExactly("year=2026/c.parquet");
        assertThat(expand("{a,b}.parquet")).containsExactly("a.parquet", "b.parquet");
        assertThat(expand("[ab].parquet")).containsExactly("a.parquet", "b.parquet");
        assertThat(expand("?.parquet")).containsExactly("a.parquet", "b.parquet");
    }

    @Test
    void aFileIsTakenByItsNameWhateverIsInIt() {
        assertThat(expand("it's [1] odd.parquet")).containsExactly("it's [1] odd.parquet");
        assertThat(expand("notes.txt")).containsExactly("notes.txt");
        assertThat(expand(".hidden.parquet")).containsExactly(".hidden.parquet");
    }

    @Test
    void eachFileIsTakenOnce() {
        assertThat(expand("b.parquet", "*.parquet", "./a.parquet", "year=2026/../a.parquet"))
                .containsExactly("a.parquet", "b.parquet", "it's 1 odd.parquet", "it's [1] odd.parquet");
    }

    @Test
    void aFileWithSeveralNamesIsTakenOnceByItsOwnPath() throws IOException {
        Path target = Files.writeString(folder.resolve("year=2026/c.parquet"), "its own content");
        Files.createSymbolicLink(folder.resolve("alias.parquet"), target);
        Files.createLink(folder.resolve("zz-hard-link.parquet"), target);
        Files.createSymbolicLink(folder.resolve("linked-folder"), folder.resolve("year=2026"));

        assertThat(expand("alias.parquet", "zz-hard-link.parquet", "year=2026", "linked-folder"))
                .containsExactly("year=2026/c.parquet", "year=2026/deep/d.parquet");
        assertThat(expand("alias.parquet")).containsExactly("alias.parquet");
    }

    @Test
    void aFolderBehindASymbolicLinkIsReadLikeAnyOther(@TempDir Path elsewhere) throws IOException {
        Files.createFile(elsewhere.resolve("x.parquet"));
        Files.createSymbolicLink(folder.resolve("empty/linked"), elsewhere);

        assertThat(expand("empty")).containsExactly("empty/linked/x.parquet");
    }

    @Test
    void aLinkToAFileThatDoesNotExistIsMissingOnThisNodeAndNamed() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("dangling.parquet"), folder.resolve("gone.parquet"));
        String message = "source: " + link + " is a symbolic link to a file that does not exist";

        assertMissing("", link, message);
        assertMissing("*.parquet", link, message);
        assertMissing("dangling.parquet", link, message);
        assertThat(expand("[ab].parquet")).as("a glob that does not match it").hasSize(2);
    }

    @Test
    void aLinkToAFolderThatContainsItIsRefusedByName() throws IOException {
        Files.createSymbolicLink(folder.resolve("year=2026/loop"), folder.resolve("year=2026"));

        assertRefused(
                "year=2026", "source: " + folder + "/year=2026/loop is a symbolic link to a folder that contains it");
    }

    @Test
    void aPathThatNamesNothingIsMissingOnThisNodeAndNamed() {
        assertMissing("none.parquet", "source: there is no file ");
        assertMissing("empty", "source: there is no .parquet file in the folder ");
        assertMissing("*.csv", "source: no file matches ");
        assertMissing("none/*.parquet", "source: there is no folder for ");
    }

    /// @param message without the path at its end
    private void assertMissing(String path, String message) {
        assertMissing(path, folder.resolve(path), message + folder + "/" + path);
    }

    private void assertMissing(String path, Path missing, String message) {
        assertThatThrownBy(() -> expand("a.parquet", path)).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().resource())
                    .isEqualTo(new FailedResource(FailedResource.Type.INPUT, missing.toString()));
            assertThat(e).hasMessage(message);
        });
    }

    @Test
    void nothingIsListedOrMentionedOutsideTheFoldersThatJobsMayRead(@TempDir Path elsewhere) throws IOException {
        Files.createFile(elsewhere.resolve("secret.parquet"));
        FileRoots roots = FileRoots.only(List.of(folder), List.of());
        assertThat(expand(roots, "a.parquet", "[b]*.parquet")).containsExactly("a.parquet", "b.parquet");
        Path link = Files.createSymbolicLink(folder.resolve("year=2026/linked"), elsewhere);
        Files.createSymbolicLink(folder.resolve("linked.parquet"), elsewhere.resolve("secret.parquet"));
        Files.createSymbolicLink(folder.resolve("gone.parquet"), elsewhere.resolve("gone.parquet"));
        String refusal = " is outside the folders that jobs may read on this node (nightshift.files.read)";

        for (String path : List.of("year=2026", "year=2026/linked", "year=2026/linked/*.parquet", "year=2026/**")) {
            assertThatThrownBy(() -> expand(roots, path))
                    .hasMessageStartingWith(link.toString())
                    .hasMessageEndingWith(refusal);
        }
        for (String path : List.of("linked.parquet", "gone.parquet", "[l]*.parquet", "[g]*.parquet")) {
            assertThatThrownBy(() -> expand(roots, path))
                    .hasMessageMatching(folder + ".*/(linked|gone).*" + Pattern.quote(refusal));
        }
        for (String path : List.of("secret.parquet", "gone.parquet", "*.parquet", "")) {
            assertThatThrownBy(() -> new SourceFiles(roots).list(List.of(elsewhere + "/" + path), PARQUET))
                    .hasMessageEndingWith(refusal);
        }
    }

    private void assertRefused(String path, String message) {
        assertThatThrownBy(() -> expand("a.parquet", path)).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).isTrue();
            assertThat(e).hasMessage(message);
        });
    }

    private List<String> volumes(String... paths) {
        return SourceFiles.volumes(
                Stream.of(paths).map(path -> folder + "/" + path).toList(), PARQUET);
    }

    @Test
    void theVolumeOfAFolderSaysWhetherItIsThere() {
        List<String> there = volumes("", "*.parquet", "year=*/c.parquet", "gone.parquet", "empty");

        assertThat(there).hasSize(5).doesNotContain("");
        assertThat(Set.copyOf(there)).as("all on one file system").hasSize(1);
        assertThat(volumes("gone", "gone/*.parquet", "gone/a.parquet")).containsOnly("");
        assertThat(SourceFiles.volumes(List.of("s3://lake/in"), PARQUET)).isEmpty();
    }

    @Test
    void aPathThatNamesNothingYetDoesNotHideTheFilesOfTheOthers() {
        List<FileVersion> found = new SourceFiles(FileRoots.UNRESTRICTED)
                .listOrNone(List.of(folder + "/empty", folder + "/a.parquet"), PARQUET);

        assertThat(found).extracting(FileVersion::path).containsExactly(folder + "/a.parquet");
    }
}
