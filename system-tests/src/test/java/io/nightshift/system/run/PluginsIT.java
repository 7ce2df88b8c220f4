package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program without its plug-ins and their libraries. See docs/decisions/0065-plug-ins.md.
final class PluginsIT {

    private static final Pattern PLUGINS = Pattern.compile(
            "(nightshift-(smile|mariadb|redis|iceberg|delta|azure|gcs)|smile-|mariadb-java-client|jedis|azure-|reactor-|iceberg-|delta-kernel).*\\.jar");

    @TempDir
    private static Path libraries;

    @TempDir
    private Path folder;

    @BeforeAll
    static void theProgramHasNoPlugins() throws IOException {
        int left = 0;
        try (Stream<Path> files = Files.list(Checkout.distribution().resolve("lib"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (PLUGINS.matcher(file.getFileName().toString()).matches()) {
                    left++;
                } else {
                    Files.createLink(libraries.resolve(file.getFileName()), file);
                }
            }
        }
        assertThat(left).as("jars of plug-ins").isGreaterThanOrEqualTo(12);
    }

    private CommandResult program(String... arguments) throws Exception {
        try (ProgramProcess program = ProgramProcess.startFrom(libraries, folder, List.of(arguments))) {
            return program.end();
        }
    }

    @Test
    void theExampleIsPublished() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 2000");

        CommandResult run = program(job.run().toArray(String[]::new)).expect(0);

        assertThat(run.json().get("predictions").asInt()).isEqualTo(2000);
        assertThat(job.published()).hasSize(1);
    }

    @Test
    void whatNeedsAPluginNamesIt() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 10");
        job.edit("parquet: predictions", "iceberg: {catalog: lake, table: scores.delays}");
        Path configuration =
                Files.writeString(folder.resolve("nightshift.conf"), """
                nightshift.data-sources {
                  shop { url = "jdbc:mariadb://localhost:3306/shop", user = reader, password = secret }
                  cache { url = "redis://localhost:6379/0" }
                }
                nightshift.stores.blobs { type = azure, account = flights, account-key = a2V5, buckets = ["lake"] }
                nightshift.stores.google { type = gcs, buckets = ["lake"] }
                nightshift.catalogs.lake { type = folder, warehouse = "%s" }
                """.formatted(folder.resolve("warehouse")));

        CommandResult doctor = program(
                "doctor",
                "--home",
                job.home().toString(),
                "--config",
                configuration.toString(),
                "--job",
                job.file().toString());

        assertThat(doctor.status()).isEqualTo(1);
        assertThat(doctor.out())
                .contains("MariaDB's driver is missing: the module nightshift-mariadb is not on the class path")
                .contains("destination.redis: the module nightshift-redis is not on the class path")
                .contains("destination.iceberg: the module nightshift-iceberg is not on the class path")
                .contains(
                        "store blobs can't be used: the module nightshift-azure is not on the class path of this process")
                .contains(
                        "store google can't be used: the module nightshift-gcs is not on the class path of this process")
                .contains("6 problems were found.");
    }

    @Test
    void trainingNeedsALibraryBeforeItReadsRows() throws Exception {
        CommandResult trained =
                program("model", "train", "--algorithm", "decision-tree", "--target", "y", "--data", "missing.parquet");

        assertThat(trained.status()).isEqualTo(2);
        assertThat(trained.err()).contains("add the module nightshift-smile").doesNotContain("missing.parquet");
    }
}
