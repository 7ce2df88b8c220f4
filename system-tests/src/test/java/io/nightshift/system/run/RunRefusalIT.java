package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A `run` that is refused leaves nothing behind.
final class RunRefusalIT {

    private static final String ROWS = "SELECT * FROM flights LIMIT 100";

    @TempDir
    private Path folder;

    @Test
    void aRunRefusesTheSameAndOpensNoBatch() throws Exception {
        FlightsJob job = FlightsJob.on(folder, ROWS);
        Files.write(job.input(), head(job.input(), 500));
        InProcess.run(job).expect(2, "nightshift: source: %s is truncated".formatted(job.input()));
        assertThat(job.predictions()).doesNotExist();

        job.write(ROWS);
        Path file = Files.createFile(folder.resolve("file"));
        InProcess.run("run", job.file().toString(), "--home", file + "/home")
                .expect(2, "its log " + file + "/home/logs/nightshift.log can't be written", "--home");
        InProcess.run(job, "--set", "destination.parquet=file/predictions").expect(2, "file/predictions can't be made");

        assertThat(InProcess.run(job).expect(0).json().get("resumed").asBoolean())
                .as("a batch was open")
                .isFalse();
    }

    private static byte[] head(Path file, long length) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(file), (int) length);
    }
}
