package io.nightshift.system.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The short form of `bench/fuzz.sh`: the same targets, with random changes of valid inputs.
class FuzzTargetsTest {

    private static final int INPUTS = Integer.getInteger("nightshift.fuzz.inputs", 1_000);

    private static Stream<String> names() {
        return FuzzTargets.names().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyInputIsReadOrRefused(String name) {
        FuzzTarget target = FuzzTargets.of(name);
        List<byte[]> seeds = target.seeds();
        assertThat(seeds).isNotEmpty();
        seeds.forEach(seed -> read(target, seed));
        ChangedInputs inputs = new ChangedInputs(seeds, 1);
        for (int i = 0; i < INPUTS; i++) {
            read(target, inputs.next());
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
