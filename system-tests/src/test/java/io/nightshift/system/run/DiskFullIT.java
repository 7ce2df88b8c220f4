package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A destination on a file system that is too small. Skipped where this process may not mount a file system.
final class DiskFullIT {

    @TempDir
    private Path folder;

    private @Nullable SmallDisk disk;

    @BeforeEach
    void mount() throws IOException {
        disk = SmallDisk.mount(folder.resolve("small"), "400k");
        assumeThat(disk).as("may mount a file system").isNotNull();
    }

    @AfterEach
    void unmount() {
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void aFullDiskFailsTheBatchWhichResumesWithFreeSpace() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "SELECT * FROM flights LIMIT 40000");
        job.edit("parquet: predictions", "parquet: small/predictions");
        String[] arguments = {"--set", "partitions.rows=2000", "--set", "retry.storage=1s", "--threads", "2"};

        CommandResult full = InProcess.run(job, arguments);
        full.expect(75, "No space left on device", "small/predictions", "partitions are committed and kept");
        assertThat(full.json().get("state").asText()).isEqualTo("failed");
        int kept = full.json().get("committed").asInt();
        assertThat(kept).isPositive();
        try (var entries = Files.list(folder.resolve("small/predictions"))) {
            assertThat(entries).allMatch(entry -> entry.endsWith(".staging"));
        }

        Objects.requireNonNull(disk).resize("50m");
        JsonNode json = InProcess.run(job, arguments).expect(0).json();
        assertThat(json.get("resumed").asBoolean()).isTrue();
        assertThat(json.get("predictions").asInt()).isEqualTo(40_000);
        assertThat(json.get("batch")).isEqualTo(full.json().get("batch"));
    }
}
