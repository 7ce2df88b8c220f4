package io.nightshift.system.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.cli.Main;
import io.nightshift.cli.reference.Completion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The completion scripts in their shells. Those of zsh and fish are tested only where these shells are
/// installed.
final class CompletionIT {

    @TempDir
    static Path folder = Path.of("");

    @BeforeAll
    static void write() throws IOException {
        for (Completion shell : Completion.values()) {
            Files.writeString(folder.resolve(shell.toString()), shell.script(Main.commandLine()));
        }
        Files.createFile(folder.resolve("tonight.yaml"));
        Files.writeString(folder.resolve("complete.bash"), """
                source "$1"
                read -r -a COMP_WORDS <<<"$2"
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMP_LINE=$2
                COMP_POINT=${#2}
                # It works only where bash itself calls the function.
                compopt() { :; }
                _complete_nightshift
                printf '%s\\n' "${COMPREPLY[@]}"
                """);
        // Presses the tab key in an interactive shell, and waits for the rest of the word.
        Files.writeString(folder.resolve("complete.zsh"), """
                zmodload zsh/zpty
                zpty shell zsh -f -i
                zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; source $1; print rea''dy"
                zpty -r shell line '*ready*'
                zpty -w -n shell "$2"$'\\t'
                zpty -r shell line "*$3*"
                print -r -- "$line"
                """);
        Files.writeString(folder.resolve("complete.fish"), """
                source $argv[1]
                complete -C $argv[2]
                """);
    }

    private static boolean isInstalled(String shell) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, shell)));
    }

    private static String completed(String shell, String... arguments) throws IOException, InterruptedException {
        assumeTrue(isInstalled(shell), shell + " is not installed");
        Path out = folder.resolve("out");
        Process process = new ProcessBuilder(Stream.concat(
                                Stream.of(
                                        shell,
                                        "complete." + shell,
                                        folder.resolve(shell).toString()),
                                Stream.of(arguments))
                        .toList())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        assertThat(ended)
                .as("%s completes %s; so far: %s", shell, List.of(arguments), Files.readString(out))
                .isTrue();
        return Files.readString(out);
    }

    @ParameterizedTest
    @CsvSource({
        "nightshift qua, quarantine",
        "nightshift batch resc, rescore",
        "nightshift batch rescore --parti, --partitions",
        "nightshift batch list --output js, json",
        "nightshift completion fi, fish",
    })
    void bashCompletes(String typed, String wanted) throws IOException, InterruptedException {
        assertThat(completed("bash", typed).lines().map(String::strip)).containsExactly(wanted);
    }

    @ParameterizedTest
    @CsvSource({
        "nightshift qua, rantine",
        "nightshift batch resc, ore",
        "nightshift batch rescore --parti, tions",
        "nightshift batch list --output js, on",
        "nightshift completion f, ish",
        "nightshift run tonig, ht.yaml",
    })
    void zshAppends(String typed, String rest) throws IOException, InterruptedException {
        assertThat(typed).doesNotContain(rest);
        assertThat(completed("zsh", typed, rest)).contains(rest);
    }

    @ParameterizedTest
    @CsvSource({
        "nightshift qua, quarantine",
        "nightshift batch resc, rescore",
        "nightshift batch rescore --parti, --partitions",
        "nightshift batch list --output js, json",
        "nightshift --help batch resc, rescore",
        "nightshift completion fi, fish",
        "nightshift run ton, tonight.yaml",
        "nightshift run --set batch ton, tonight.yaml",
    })
    void fishCompletes(String typed, String wanted) throws IOException, InterruptedException {
        assertThat(completed("fish", typed).lines().map(line -> line.split("\t", 2)[0]))
                .containsExactly(wanted);
    }
}
