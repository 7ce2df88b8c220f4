package io.nightshift.testing.program;

import io.nightshift.testing.CommandResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine;

/// The part of a [WarmProgram] that runs in the program: it runs one command after another. The program has this
/// class and [CommandResult], and no other one of the tests.
final class CommandLoop {

    /// The pipe for the folders of calls, one in a line.
    static final String CALLS = "calls";

    private CommandLoop() {}

    /// @param words the folder of the loop, and the program's main class
    public static void main(String[] words) throws Exception {
        Path folder = Path.of(words[0]);
        Method commandLine = Class.forName(words[1]).getMethod("commandLine", String[].class);
        Thread.ofPlatform().daemon().start(CommandLoop::endWithTheTest);
        while (true) {
            try (BufferedReader calls = Files.newBufferedReader(folder.resolve(CALLS))) {
                for (String call = calls.readLine(); call != null; call = calls.readLine()) {
                    run(Path.of(call), commandLine);
                }
            }
        }
    }

    private static void run(Path call, Method commandLine) throws IOException, ReflectiveOperationException {
        // Each word is followed by a zero.
        String[] words = Files.readString(call.resolve("words")).split("\0", -1);
        String[] arguments = Arrays.copyOf(words, words.length - 1);
        CommandResult result = CommandResult.of((CommandLine) commandLine.invoke(null, (Object) arguments), arguments);
        Files.writeString(call.resolve("out"), result.out());
        Files.writeString(call.resolve("err"), result.err());
        Files.writeString(call.resolve("status"), result.status() + "\n");
    }

    /// The test process has the other end of the standard input, also when it is killed.
    private static void endWithTheTest() {
        try {
            while (System.in.read() >= 0) {}
        } catch (IOException e) {
            // It ends, too.
        }
        Runtime.getRuntime().halt(0);
    }
}
