package io.nightshift.storage.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileRootsTest {

    @TempDir
    private Path folder = Path.of("");

    private Path inputs = Path.of("");
    private Path secrets = Path.of("");
    private FileRoots roots = FileRoots.UNRESTRICTED;

    @BeforeEach
    void folders() throws IOException {
        inputs = Files.createDirectories(folder.resolve("inputs"));
        secrets = Files.createDirectories(folder.resolve("secrets"));
        Files.writeString(secrets.resolve("salaries.parquet"), "secret");
        roots = FileRoots.only(List.of(inputs), List.of(folder.resolve("outputs")));
    }

    private void assertReadable(Path path) {
        assertThatCode(() -> roots.requireReadable(path)).doesNotThrowAnyException();
    }

    private void assertRefused(Path path) {
        assertThatThrownBy(() -> roots.requireReadable(path))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessage(path + " is outside the folders that jobs may read on this node (nightshift.files.read)");
    }

    @Test
    void whatIsInAFolderOfTheListIsAllowedWhetherItExistsOrNot() throws IOException {
        assertReadable(inputs);
        assertReadable(inputs.resolve("none/yet.parquet"));
        assertReadable(Files.writeString(inputs.resolve("a.parquet"), ""));
        assertReadable(inputs.resolve("x/../a.parquet"));
    }

    @Test
    void whatIsOutsideIsRefusedInOneSentenceWhetherItExistsOrNot() {
        assertRefused(secrets.resolve("salaries.parquet"));
        assertRefused(secrets.resolve("no-such.parquet"));
        assertRefused(inputs.resolve("../secrets/salaries.parquet"));
        assertRefused(folder.resolve("inputs-of-others/a.parquet"));
        assertRefused(Path.of("/"));
    }

    @Test
    void aLinkOutOfTheFoldersIsRefusedWhetherItsTargetExistsOrNot() throws IOException {
        assertRefused(Files.createSymbolicLink(inputs.resolve("file"), secrets.resolve("salaries.parquet")));
        assertRefused(
                Files.createSymbolicLink(inputs.resolve("folder"), secrets).resolve("salaries.parquet"));
        assertRefused(inputs.resolve("folder/no-such.parquet"));
        assertRefused(inputs.resolve("folder/../salaries.parquet"));
        assertRefused(Files.createSymbolicLink(inputs.resolve("dangling"), secrets.resolve("no-such.parquet")));
        assertRefused(Files.createSymbolicLink(inputs.resolve("gone"), secrets.resolve("no-such"))
                .resolve("a.parquet"));
        assertRefused(Files.createSymbolicLink(inputs.resolve("loop"), inputs.resolve("loop")));
    }

    @Test
    void aLinkWithinTheFoldersIsFollowed() throws IOException {
        Files.createDirectories(inputs.resolve("2026"));

        assertReadable(Files.createSymbolicLink(inputs.resolve("latest"), Path.of("2026"))
                .resolve("a.parquet"));
    }

    @Test
    void aFolderOfTheListMayBeALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), secrets);
        roots = FileRoots.only(List.of(link), List.of());

        assertReadable(link.resolve("salaries.parquet"));
        assertRefused(secrets.resolve("salaries.parquet"));
    }

    @Test
    void aFolderThatIsReplacedByALinkIsRefusedFromThenOn() throws IOException {
        Path file = inputs.resolve("day/a.parquet");
        Files.createDirectories(inputs.resolve("day"));
        assertReadable(file);

        Files.delete(inputs.resolve("day"));
        Files.createSymbolicLink(inputs.resolve("day"), secrets);

        assertRefused(file);
    }

    @Test
    void writingHasItsOwnList() {
        assertThat(roots.writeRefusal(folder.resolve("outputs/scores"))).isEmpty();
        assertThat(roots.writeRefusal(inputs.resolve("scores")))
                .hasValue(inputs.resolve("scores")
                        + " is outside the folders that jobs may write on this node (nightshift.files.write)");
    }

    @Test
    void anEmptyListAllowsNothingOrEverything() {
        roots = FileRoots.only(List.of(), List.of());
        assertRefused(inputs.resolve("a.parquet"));

        roots = FileRoots.onlyIfAny(List.of(), List.of());
        assertReadable(secrets.resolve("salaries.parquet"));
        assertThat(roots.writeRefusal(secrets)).isEmpty();
        assertThat(roots.all()).isEmpty();
    }
}
