package io.nightshift.system.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The class that Jazzer calls, with the target's name as its argument: see `bench/fuzz.sh`.
public final class JazzerTarget {

    private static FuzzTarget target = FuzzTargets.of("job-file");

    private JazzerTarget() {}

    /// Called once by Jazzer. Reads a valid input, so that the classes are loaded before inputs are timed.
    ///
    /// @param arguments the target's name
    public static void fuzzerInitialize(String[] arguments) throws Throwable {
        target = target(arguments[0]);
        target.read(target.seeds().getFirst());
    }

    private static FuzzTarget target(String name) throws IOException {
        return name.equals("http") ? new HttpTarget(Files.createTempDirectory("fuzz")) : FuzzTargets.of(name);
    }

    /// Called by Jazzer for each input. An exception or error is a finding.
    ///
    /// @param input the bytes to read
    public static void fuzzerTestOneInput(byte[] input) throws Throwable {
        target.read(input);
    }

    /// Prints the names of the targets, or writes the seeds of a target into a folder.
    ///
    /// @param arguments none; or a target's name and a folder that exists
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            FuzzTargets.names().forEach(System.out::println);
            System.out.println("http");
            return;
        }
        List<byte[]> seeds = target(arguments[0]).seeds();
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(Path.of(arguments[1], "seed-" + i), seeds.get(i));
        }
        System.exit(0); // a node may be running
    }
}
