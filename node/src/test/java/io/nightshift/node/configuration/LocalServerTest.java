package io.nightshift.node.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The record of the server that runs on a home folder.
final class LocalServerTest {

    private static final URI ADDRESS = URI.create("http://127.0.0.1:7380");

    @TempDir
    private Path home;

    private final List<String> told = new ArrayList<>();

    @Test
    void whoAsksWhileTheServerStartsWaitsForItsAddress() {
        LocalServer.recordStart(home);
        assertThat(LocalServer.find(home)).isEmpty();

        assertThat(LocalServer.await(home, text -> {
                    told.add(text);
                    LocalServer.record(home, ADDRESS);
                }))
                .contains(ADDRESS);

        assertThat(told)
                .containsExactly("the server of %s (process %d) is starting"
                        .formatted(home, ProcessHandle.current().pid()));
        assertThat(LocalServer.find(home)).contains(ADDRESS);
    }

    @Test
    void whoAsksWhileTheServerStartsLearnsThatItHasGivenUp() {
        LocalServer.recordStart(home);

        assertThat(LocalServer.await(home, text -> LocalServer.forget(home))).isEmpty();
    }

    @Test
    void nobodyWaitsForAServerThatWasKilledWhileItStarted() throws Exception {
        LocalServer.recordStart(home);
        Path file = LocalServer.file(home);
        Files.writeString(file, Files.readString(file).replaceFirst(" [0-9]+", " 1"));

        assertThat(LocalServer.await(home, told::add)).isEmpty();
        assertThat(told).isEmpty();
    }

    /// Java adds the kernel's ticks to the time of the boot, which each process reads when it starts.
    @Test
    @EnabledOnOs(OS.LINUX)
    void aCorrectedClockHidesNoServer() throws Exception {
        LocalServer.record(home, ADDRESS);

        String start = Files.readAllLines(LocalServer.file(home)).get(1).split(" ", -1)[1];
        assertThat(Files.readString(Path.of("/proc/self/stat")))
                .contains(" " + start.substring(0, start.indexOf('@')) + " ");
    }
}
