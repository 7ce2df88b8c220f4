package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A `run` whose input does not answer for a while, as on a file server that hangs. A library that is loaded
/// before all others makes the reads of the scoring threads wait. The coordinator, which plans the batch, can read.
final class HangingReadIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Pattern STALLED = Pattern.compile("has waited for the file system");
    private static final Pattern REPLACED = Pattern.compile("Another thread takes its place");

    private static final String SOURCE = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/prctl.h>
            #include <unistd.h>

            static void hang(int fd) {
                const char *file = getenv("HANG_FILE"), *marker = getenv("HANG_WHILE");
                char link[64], name[4096], thread[16] = "";
                if (!file || !marker || access(marker, F_OK) != 0) return;
                prctl(PR_GET_NAME, thread);
                if (strncmp(thread, "scoring-", 8) != 0) return;
                snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
                ssize_t length = readlink(link, name, sizeof name - 1);
                if (length < 0) return;
                name[length] = 0;
                while (strcmp(name, file) == 0 && access(marker, F_OK) == 0) usleep(50000);
            }

            ssize_t pread64(int fd, void *to, size_t bytes, off64_t at) {
                ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
                hang(fd);
                return real(fd, to, bytes, at);
            }

            ssize_t pread(int fd, void *to, size_t bytes, off_t at) {
                return pread64(fd, to, bytes, at);
            }

            ssize_t read(int fd, void *to, size_t bytes) {
                ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
                hang(fd);
                return real(fd, to, bytes);
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void aRunOutlastsReadsThatHang() throws Exception {
        Path library = folder.resolve("hang.so");
        assumeTrue(compile(library), "gcc is not installed");
        FlightsJob job = FlightsJob.on(folder.toRealPath(), "FROM flights");
        Path marker = Files.createFile(folder.resolve("hang"));
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        ProcessBuilder builder = new ProcessBuilder(ProgramProcess.command(
                        List.of("-XX:TieredStopAtLevel=1", "-Dnightshift.worker.stall-after=2s"),
                        job.run("--set", "partitions.rows=10000", "--threads", "2")))
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("HANG_FILE", job.input().toString());
        builder.environment().put("HANG_WHILE", marker.toString());
        Process run = builder.start();
        try {
            awaitLog(job, STALLED);
            awaitLog(job, REPLACED);
            assertThat(run.isAlive()).isTrue();
            Files.delete(marker);
            assertThat(run.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroyForcibly();
        }
        CommandResult end = new CommandResult(run.exitValue(), Files.readString(out), Files.readString(err));
        end.expect(0);
        assertThat(end.json().get("predictions").asInt()).isEqualTo(FlightsJob.ROWS);
        CommandResult.of(
                        Main.commandLine(),
                        "batch",
                        "verify",
                        "latest",
                        "--home",
                        job.home().toString())
                .expect(0);
    }

    private static void awaitLog(FlightsJob job, Pattern line) {
        await().atMost(SOON).until(() -> ProgramProcess.matches(job.log(), line) > 0);
    }

    private boolean compile(Path library) throws IOException, InterruptedException {
        Path source = folder.resolve("hang.c");
        Files.writeString(source, SOURCE);
        try {
            Process gcc = new ProcessBuilder(
                            "gcc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-ldl")
                    .inheritIO()
                    .start();
            assertThat(gcc.waitFor()).isZero();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
