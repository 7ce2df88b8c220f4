package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The home folder of commands that name none.
final class HomeFolderTest {

    @Test
    void itIsBelowTheHomeOfTheShell() {
        assertThat(HomeFolder.ofUser("/home/ada", "/home/mara")).isEqualTo(Path.of("/home/ada/.nightshift"));
        assertThat(HomeFolder.ofUser(null, "/home/mara")).isEqualTo(Path.of("/home/mara/.nightshift"));
        assertThat(HomeFolder.ofUser("", "/home/mara")).isEqualTo(Path.of("/home/mara/.nightshift"));
        assertThat(new HomeFolder().folder())
                .isEqualTo(HomeFolder.ofUser(System.getenv("HOME"), System.getProperty("user.home")));
    }
}
