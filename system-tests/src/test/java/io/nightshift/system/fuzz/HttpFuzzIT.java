package io.nightshift.system.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A node that receives random changes of valid requests.
@Timeout(600)
class HttpFuzzIT {

    private static final int INPUTS = Integer.getInteger("nightshift.fuzz.inputs", 500);

    @TempDir
    Path folder;

    @Test
    void aNodeAnswersAnyBytes() throws Exception {
        try (HttpTarget target = new HttpTarget(folder)) {
            for (byte[] seed : target.seeds()) {
                target.read(seed);
                assertThat(target.answer(seed, 20_000))
                        .as(new String(seed, StandardCharsets.UTF_8))
                        .matches("(?s)HTTP/1.1 (?!500).*")
                        .doesNotContain("lists the routes");
            }
            ChangedInputs inputs = new ChangedInputs(target.seeds(), 1);
            for (int i = 0; i < INPUTS; i++) {
                byte[] input = inputs.next();
                assertThat(input).satisfies(bytes -> target.read(bytes));
            }
            target.read("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        }
    }
}
