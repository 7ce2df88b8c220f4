package io.nightshift.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// The source checkout that the tests run in.
public final class Checkout {

    private Checkout() {}

    /// A file or folder of the checkout, whichever module's folder the tests run in.
    ///
    /// @param path relative to the checkout's root folder
    /// @return the absolute path; the file itself may be missing
    public static Path path(String path) {
        return root().resolve(path);
    }

    /// The distribution, which the module `cli` assembles in Maven's phase `package`.
    ///
    /// @throws IllegalStateException if it has not been assembled
    public static Path distribution() {
        Path distribution = path("cli/target/nightshift");
        if (!Files.exists(distribution.resolve("built"))) {
            throw new IllegalStateException(
                    distribution + " is missing: run mvn -DskipTests -pl cli -am package before this test");
        }
        return distribution;
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("examples/flights/job.yaml"))) {
            folder = Objects.requireNonNull(folder.getParent(), "the tests do not run inside a checkout");
        }
        return folder;
    }
}
