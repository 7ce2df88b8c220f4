package io.nightshift.node.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTokenTest {

    @TempDir
    private Path folder;

    private Path home;

    @BeforeEach
    void inAFolderThatDoesNotExist() {
        home = folder.resolve("home");
    }

    private void refuses(String sentence) {
        assertThatThrownBy(() -> LocalToken.ensure(home))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        refusal -> assertThat(refusal.failure().isPermanent()).isTrue())
                .hasMessageContaining(LocalToken.file(home).toString())
                .hasMessageContaining(sentence);
    }

    @Test
    void itIsGeneratedOnceForItsOwnerOnly() throws IOException {
        assertThat(LocalToken.find(home)).isNull();

        Tokens first = LocalToken.ensure(home);

        String secret = Objects.requireNonNull(LocalToken.find(home));
        assertThat(secret).matches(Token.PATTERN);
        assertThat(first.all()).containsExactly(new Token("local", Role.ADMIN, Token.digest(secret)));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(LocalToken.file(home))))
                .isEqualTo("rw-------");
        assertThat(home).isDirectoryContaining(path -> path.equals(LocalToken.file(home)));
        assertThat(home.toFile().list()).hasSize(1);
        assertThat(LocalToken.ensure(home)).isEqualTo(first);
    }

    @Test
    void nodesThatStartAtTheSameTimeShareIt() {
        List<Tokens> all = IntStream.range(0, 16)
                .parallel()
                .mapToObj(node -> LocalToken.ensure(home))
                .distinct()
                .toList();
        assertThat(all).hasSize(1);
        assertThat(home.toFile().list()).hasSize(1);
    }

    @Test
    void aFileThatOtherUsersCanReadIsRefused() throws IOException {
        LocalToken.ensure(home);
        Files.setPosixFilePermissions(LocalToken.file(home), PosixFilePermissions.fromString("rw-r-----"));
        refuses("other users may use it. Remove the file; the node then generates another token");
    }

    @Test
    void aFileWithoutATokenIsRefused() throws IOException {
        LocalToken.ensure(home);
        Files.writeString(LocalToken.file(home), "");
        refuses("it does not contain a token");
    }

    @Test
    void aHomeThatCannotBeWrittenIsRefused() throws IOException {
        Files.writeString(home, "no folder");
        refuses("Check the permissions of its folder, or configure tokens");
    }
}
