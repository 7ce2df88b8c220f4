package io.nightshift.cli.distribution;

import io.nightshift.cli.Main;
import io.nightshift.cli.reference.Completion;
import io.nightshift.cli.reference.ManPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import picocli.CommandLine;

/// A step of the build: writes the man pages and the shells' completions into the distribution.
public final class WriteReference {

    private WriteReference() {}

    /// @param arguments the folder `share` of the distribution, and the program's version
    public static void main(String[] arguments) throws IOException {
        write(Path.of(arguments[0]), arguments[1]);
    }

    /// Writes the files.
    ///
    /// @param share the folder that holds `man`, `bash-completion` and `zsh`
    static void write(Path share, String version) throws IOException {
        CommandLine program = Main.commandLine();
        for (ManPage page : ManPage.all(program, version)) {
            writeFile(share.resolve("man/man1").resolve(page.file()), page.text());
        }
        for (Completion shell : Completion.values()) {
            writeFile(share.resolve(shell.file()), shell.script(program));
        }
    }

    private static void writeFile(Path file, String text) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(file, text);
    }
}
