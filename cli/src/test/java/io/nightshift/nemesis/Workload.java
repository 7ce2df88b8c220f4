package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.FlightsJob;
import io.nightshift.cli.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// The example's job on many flights in many small partitions.
///
/// @param job whose input is made
/// @param rows of the input
/// @param partitionRows about so many in a partition
record Workload(FlightsJob job, long rows, int partitionRows) {

    /// @param copies how often the example's flights are taken
    static Workload of(Path folder, int copies, int partitionRows) throws IOException, SQLException {
        FlightsJob job = FlightsJob.on(folder, "SELECT flights.* FROM flights, range(%d)".formatted(copies));
        return new Workload(job, (long) copies * FlightsJob.ROWS, partitionRows);
    }

    /// About how many there are.
    int partitions() {
        return Math.toIntExact(rows / partitionRows);
    }

    /// What the output is where nothing happens: that of a single process.
    String undisturbed(Output output, Database database) throws Exception {
        output.clear();
        Path configuration = Files.writeString(
                job.folder().resolve("run.conf"),
                "nightshift.data-sources.db { url = \"%s\", user = %s }"
                        .formatted(database.url(Database.PREDICTIONS), Database.OWNER));
        List<String> arguments =
                new ArrayList<>(List.of("run", "--home", job.home().toString(), "--config", configuration.toString()));
        arguments.addAll(settings(output));
        Program.End end = Program.run(job.folder(), arguments.toArray(String[]::new));
        JsonNode result = end.expect(0).json();
        if (result.get("predictions").asLong() != rows) {
            throw new IllegalStateException("the undisturbed run predicts " + result);
        }
        return output.digest();
    }

    /// @return the batch
    String submit(Cluster cluster, Output output) {
        return cluster.batch("submit", settings(output).toArray(String[]::new))
                .expect(0)
                .json()
                .get("batch")
                .asText();
    }

    private List<String> settings(Output output) {
        return List.of(
                job.file().toString(),
                "--new",
                "-o",
                "json",
                "--set",
                "partitions.rows=" + partitionRows,
                "--set",
                output.setting());
    }
}
