package io.nightshift.testing.program;

import io.nightshift.testing.CommandResult;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/// A process of the program that runs the commands of a shell one after another, for tests of many commands in one
/// folder. A start of the program takes a second of processor time, and most commands take a tenth of it.
///
/// Some properties need a process for each command: signals, kills, the standard input, and the time of the start.
/// The process ends when it is closed, and when the test process has ended.
public final class WarmProgram implements AutoCloseable {

    private final Path folder;
    private final ProgramProcess process;

    private WarmProgram(Path folder, ProgramProcess process) {
        this.folder = folder;
        this.process = process;
    }

    /// Starts the process. It needs the command `mkfifo`.
    ///
    /// @param folder the working folder of the commands
    /// @param own is created, with the files of the process
    /// @param prefix the words that precede the program's command, such as `env HOME=FOLDER`
    /// @param options of the JVM, in addition to those that every start has
    public static WarmProgram start(Path folder, Path own, List<String> prefix, List<String> options)
            throws IOException, InterruptedException {
        Files.createDirectories(own);
        int made = new ProcessBuilder("mkfifo", own.resolve(CommandLoop.CALLS).toString())
                .inheritIO()
                .start()
                .waitFor();
        if (made != 0) {
            throw new IOException("mkfifo ends with " + made);
        }
        Path jar = own.resolve("loop.jar");
        write(jar);
        List<String> all = new ArrayList<>(options);
        all.add(ProgramProcess.SHORT_RUN);
        all.add(ProgramProcess.startupCache(List.of()));
        // Behind the program's own class path, so that the start-up cache still fits.
        String classPath = StartupCache.get(List.of()).classPath() + File.pathSeparator + jar;
        List<String> command = new ArrayList<>(prefix);
        command.addAll(ProgramProcess.java(
                all, classPath, List.of(CommandLoop.class.getName(), own.toString(), ProgramProcess.MAIN)));
        return new WarmProgram(own, ProgramProcess.launch(folder, own, command));
    }

    /// A jar with the loop alone: the program must see no other class of the tests.
    private static void write(Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), new Manifest())) {
            for (Class<?> type : List.of(CommandLoop.class, CommandResult.class)) {
                String entry = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(entry));
                try (InputStream code =
                        Objects.requireNonNull(type.getClassLoader().getResourceAsStream(entry))) {
                    code.transferTo(out);
                }
            }
        }
    }

    /// The lines of a shell script that pass the script's arguments to the process, and end as the command ends.
    public String script() {
        return """
                call=$(mktemp -d '%1$s/call-XXXXXX')
                for word; do printf '%%s\\0' "$word"; done > "$call/words"
                mkfifo "$call/status"
                echo "$call" > '%1$s/%2$s'
                read -r status < "$call/status"
                cat "$call/out"
                cat "$call/err" >&2
                exit "$status"
                """.formatted(folder, CommandLoop.CALLS);
    }

    /// The output of the process itself, for messages.
    public String problems() {
        return process.out() + process.err();
    }

    @Override
    public void close() {
        process.close();
    }
}
