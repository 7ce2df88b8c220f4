package io.nightshift.system.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.system.documentation.DocumentationPage.Command;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import io.nightshift.testing.program.WarmProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A shell in a folder that looks like the checkout to the commands of a page: it has `./nightshift` and the
/// examples, of which `flights` is smaller. The commands have a home folder of their own, which is empty at
/// first. One process runs the commands, except those that run until they are stopped.
final class PageShell implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 120;

    private final Path folder;
    private final WarmProgram program;

    private PageShell(Path folder, WarmProgram program) {
        this.folder = folder;
        this.program = program;
    }

    /// @param rows of the input of the example `flights`
    static PageShell in(Path folder, int rows) throws Exception {
        copyOtherExamples(folder.resolve("examples"));
        FlightsJob small = FlightsJob.on(folder.resolve("examples/flights"), "FROM flights LIMIT " + rows);
        // The page's commands may name the job file by a word that stands for the reader's own.
        for (String name : List.of("JOB.yaml", "job.yaml")) {
            Files.copy(small.file(), folder.resolve(name));
        }
        Files.copy(FlightsJob.example().resolve("flights.ubj"), small.folder().resolve("flights.ubj"));
        Path user = folder.resolve("user");
        Files.createDirectories(home(folder));
        List<String> options = List.of("-Dnightshift.command=./nightshift");
        WarmProgram running =
                WarmProgram.start(folder, user.resolve(".process"), List.of("env", "HOME=" + user), options);
        String command = ProgramProcess.command(
                        Stream.concat(options.stream(), Stream.of("-XX:TieredStopAtLevel=1"))
                                .toList(),
                        List.of())
                .stream()
                .map("'%s'"::formatted)
                .collect(Collectors.joining(" "));
        Path program = folder.resolve("nightshift");
        Files.writeString(program, """
                #!/bin/sh
                case "$1" in node | serve) HOME='%s' exec %s "$@" ;; esac
                """.formatted(user, command) + running.script());
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new PageShell(folder, running);
    }

    /// Copies the examples but `flights`.
    private static void copyOtherExamples(Path target) throws IOException {
        Path source = Checkout.path("examples");
        try (Stream<Path> examples = Files.walk(source, 2)) {
            for (Path file : examples.filter(Files::isRegularFile)
                    .filter(file -> !file.startsWith(FlightsJob.example()))
                    .toList()) {
                Path copy = target.resolve(source.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    /// The home folder of commands that name none.
    Path home() {
        return home(folder);
    }

    private static Path home(Path folder) {
        return folder.resolve("user/.nightshift");
    }

    /// Runs a command and expects that it succeeds.
    ///
    /// @param command where `BATCH` stands for the reader's batch, and `[OPTION]` for an option that may be left
    ///     out
    /// @param batch the reader's batch
    CommandResult run(Command command, String batch) throws IOException, InterruptedException {
        String line = command.text()
                .replace('\n', ' ')
                // The folder of a downloaded archive.
                .replaceAll("\\bnightshift-[0-9][^/ ]*/(bin/)?", "")
                .replaceAll("(\\S*/)?nightshift(?= )", "./nightshift")
                .replaceAll("\\bBATCH\\b", batch)
                .replaceAll("[\\[\\]]", "");
        CommandResult result = run(line);
        assertThat(result.status())
                .as("%s: %s%n%s%s", command.place(), line, result.out(), result.err())
                .isZero();
        return result.expect(0);
    }

    /// Starts a command that runs until it is ended.
    ///
    /// @param log the file that receives its output
    Process start(String line, Path log) throws IOException {
        return new ProcessBuilder("bash", "-c", "exec " + line)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /// Runs a line of shell.
    CommandResult run(String line) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        Process shell = new ProcessBuilder("bash", "-c", line)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("%s ends; the process of the commands: %s", line, program.problems())
                    .isTrue();
        } finally {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
        }
        return new CommandResult(shell.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Override
    public void close() {
        program.close();
    }
}
