package io.nightshift.system.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The short form of `bench/fuzz.sh`: the same targets, with random changes of valid inputs.
class FuzzTargetsTest {

    private static final int INPUTS = Integer.getInteger("nightshift.fuzz.inputs", 500);

    private static Stream<String> names() {
        return FuzzTargets.names().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyInputIsReadOrRefused(String name) throws IOException {
        try (FuzzTarget target = FuzzTargets.of(name)) {
            List<byte[]> seeds = target.seeds();
            assertThat(seeds).isNotEmpty();
            for (byte[] seed : seeds) {
                assertThat(seed).as("a seed of the target").hasSizeLessThanOrEqualTo(FuzzTarget.MAX_BYTES);
                assertThatCode(() -> target.accept(seed)).doesNotThrowAnyException();
            }
            FuzzTargets.findings(name).forEach(finding -> read(target, finding));
            ChangedInputs inputs = new ChangedInputs(seeds, 1);
            for (int i = 0; i < INPUTS / target.slowness(); i++) {
                read(target, inputs.next());
            }
        }
    }

    /// So that a new class of messages is fuzzed, too.
    @Test
    void everyMessageIsASeed() throws IOException {
        try (FuzzTarget target = FuzzTargets.of("wire");
                DirectoryStream<Path> golden =
                        Files.newDirectoryStream(Checkout.path("protocol/src/test/resources/golden/wire"), "*.bin")) {
            List<byte[]> seeds = target.seeds();
            for (Path file : golden) {
                byte[] message = Files.readAllBytes(file);
                assertThat(seeds)
                        .as(file.toString())
                        .withFailMessage("no class accepts it")
                        .anyMatch(seed -> Arrays.equals(seed, 2, seed.length, message, 0, message.length));
            }
        }
    }

    private static void read(FuzzTarget target, byte[] input) {
        try {
            target.read(input);
        } catch (Throwable problem) {
            fail("the target fails for the input " + Base64.getEncoder().encodeToString(input), problem);
        }
    }
}
