package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The home folder of commands that name none.
final class HomeFolderTest {

    @Test
    void itIsBelowTheHomeOfTheShell() {
        assertThat(HomeFolder.ofUser("/home/ada", "/root")).isEqualTo(Path.of("/home/ada/.nightshift"));
        assertThat(HomeFolder.ofUser(null, "/root")).isEqualTo(Path.of("/root/.nightshift"));
        assertThat(HomeFolder.ofUser("", "/root")).isEqualTo(Path.of("/root/.nightshift"));
        assertThat(new HomeFolder().folder())
                .isEqualTo(HomeFolder.ofUser(System.getenv("HOME"), System.getProperty("user.home")));
    }
}
