package io.nightshift.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SignInPageTest {

    private static final String CODE = "c0d3";
    private static final URI ADDRESS = URI.create("http://127.0.0.1:7380/?a=1&b=2#/sign-in/" + CODE);

    @TempDir
    private Path folder;

    @Test
    void onlyItsOwnerCanReadThePageThatLeadsToTheAddress() throws IOException {
        Path home = folder.resolve("missing/home");
        Files.createDirectories(home);
        Path old = Files.writeString(home.resolve("sign-in.html"), "old");
        Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-rw-rw-"));

        Path page = SignInPage.write(home, ADDRESS);

        assertThat(page).isEqualTo(old);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(page)))
                .isEqualTo("rw-------");
        assertThat(page).content().contains("url=http://127.0.0.1:7380/?a=1&amp;b=2#/sign-in/c0d3\"");
        assertThat(home).isDirectoryContaining(page::equals);
        assertThat(home.toFile().list()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Linux", "Mac OS X", "Windows 11"})
    void theArgumentsOfTheBrowserHoldNoCode(String system) throws IOException {
        assertThat(SignInPage.command(system, SignInPage.write(folder, ADDRESS)))
                .noneMatch(argument -> argument.contains(CODE))
                .last()
                .asString()
                .startsWith("file:///")
                .endsWith("/sign-in.html");
    }
}
