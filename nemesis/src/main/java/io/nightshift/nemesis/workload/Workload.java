package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.nemesis.cluster.DatabaseProcess;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.ObjectStorage;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The example job on many flights in many small partitions.
///
/// @param job the job, with an input of its own
/// @param rows the rows of the input
/// @param partitionRows the approximate rows of a partition
/// @param configuration HOCON that a process needs to run the job
/// @param rollout the other version of the model that batches try; null if they try none
/// @param redrive the redrive after each batch; null if there is none
public record Workload(
        FlightsJob job,
        long rows,
        int partitionRows,
        String configuration,
        @Nullable RolloutTrial rollout,
        @Nullable RedriveTrial redrive) {

    /// A column of the input that numbers its rows from 1. No job reads it unless it names the column.
    static final String ID = "id";

    private static final String MODEL = "flights";

    /// @param copies how many times the input contains the example's flights
    public static Workload of(Path folder, int copies, int partitionRows) throws IOException, SQLException {
        FlightsJob job = FlightsJob.on(
                folder, "SELECT flights.*, row_number() OVER () AS %s FROM flights, range(%d)".formatted(ID, copies));
        return new Workload(job, (long) copies * FlightsJob.ROWS, partitionRows, "", null, null);
    }

    /// The job on the first flights, in one partition.
    public static Workload small(Path folder, int rows) throws IOException, SQLException {
        return small(folder, rows, "FROM flights LIMIT " + rows);
    }

    /// The job on some flights, in one partition.
    ///
    /// @param query selects them from `flights`, the example's data
    public static Workload small(Path folder, int rows, String query) throws IOException, SQLException {
        return new Workload(FlightsJob.on(folder, query), rows, rows, "", null, null);
    }

    /// The job on rows of which some are quarantined, until a redrive heals most of these.
    public static Workload of(Path folder, RedriveTrial redrive, int partitionRows) throws IOException, SQLException {
        return new Workload(redrive.job(folder), redrive.rows(), partitionRows, "", null, redrive);
    }

    /// The same job with its input and its model in object storage.
    public Workload in(ObjectStorage storage) throws IOException {
        String name = job.folder().getFileName() + "/" + job.input().getFileName();
        job.edit(job.input().toString(), storage.put(job.input(), name));
        Path model = FlightsJob.example().resolve("flights.ubj");
        storage.register(model, MODEL, job.folder());
        job.edit(model.toString(), MODEL);
        return new Workload(job, rows, partitionRows, storage.configuration(), rollout, redrive);
    }

    /// The same job for processes that need more configuration.
    ///
    /// @param more HOCON
    public Workload withConfiguration(String more) {
        return new Workload(job, rows, partitionRows, configuration + more, rollout, redrive);
    }

    /// The same job, whose batches try another version of the model. Registers the versions.
    public Workload withRollout(RolloutTrial trial) throws IOException {
        RolloutTrial.register(configuration, job.folder());
        return new Workload(job, rows, partitionRows, configuration, trial, redrive);
    }

    /// The approximate number of partitions.
    public int partitions() {
        return Math.toIntExact(rows / partitionRows);
    }

    /// The number of predictions in the end.
    public long predictions() {
        return redrive == null ? rows : rows - redrive.lost();
    }

    /// The digest of the output of a run in a single process, without faults and without a rollout or a redrive.
    public String digestWithoutFaults(BatchOutput output, DatabaseProcess database) throws Exception {
        output.clear();
        Path file = Files.writeString(job.folder().resolve("run.conf"), database.dataSources() + configuration);
        List<String> arguments =
                new ArrayList<>(List.of("run", "--home", job.home().toString(), "--config", file.toString()));
        arguments.addAll(settings(output, plainSettings()));
        CommandResult end = ProgramProcess.run(job.folder(), arguments.toArray(String[]::new));
        JsonNode result = end.expect(0).json();
        if (result.get("predictions").asLong() != predictions()) {
            throw new IllegalStateException("the run without faults has the wrong number of predictions: " + result);
        }
        String digest = output.digest();
        // Of each destination, if there are several.
        if (!digest.matches("(%1$d:%1$d:[^:]+(, |$))+".formatted(predictions()))) {
            throw new IllegalStateException("the run without faults has the wrong output: " + digest);
        }
        return digest;
    }

    /// The settings by which a batch has the same predictions without a rollout or a redrive.
    private List<String> plainSettings() {
        if (rollout != null) {
            return List.of(rollout.plainSetting());
        }
        return redrive == null ? List.of() : redrive.corrections();
    }

    /// The arguments of a `run` in a single process, which resumes the job's open batch.
    ///
    /// @param home of the process
    public List<String> run(Path home, BatchOutput output) {
        List<String> arguments = new ArrayList<>(List.of("run", "--home", home.toString()));
        arguments.addAll(settings(output));
        arguments.remove("--new");
        return arguments;
    }

    /// Submits a new batch of the job.
    ///
    /// @param more arguments of `batch submit`
    /// @return its ID
    public String submit(NemesisCluster cluster, BatchOutput output, String... more) {
        List<String> arguments = new ArrayList<>(settings(output));
        arguments.addAll(List.of(more));
        return cluster.batch("submit", arguments.toArray(String[]::new))
                .expect(0)
                .json()
                .get("batch")
                .asText();
    }

    /// Submits the job of a batch again, as a caller does who has not received the answer.
    ///
    /// @param key the idempotency key
    public CommandResult repeat(NemesisCluster cluster, BatchOutput output, String key) {
        List<String> arguments = new ArrayList<>(settings(output));
        arguments.remove("--new");
        arguments.addAll(List.of("--key", key));
        return cluster.batch("submit", arguments.toArray(String[]::new));
    }

    /// Redrives a batch by the corrected job, and waits for the end.
    CommandResult redrive(NemesisCluster cluster, BatchOutput output, String batch) {
        List<String> arguments =
                new ArrayList<>(List.of(batch, "--job", job.file().toString()));
        arguments.addAll(overrides(output, Objects.requireNonNull(redrive).corrections()));
        return cluster.command("quarantine", "redrive", arguments.toArray(String[]::new));
    }

    private List<String> settings(BatchOutput output) {
        return settings(output, rollout == null ? List.of() : rollout.jobSettings());
    }

    private List<String> settings(BatchOutput output, List<String> more) {
        List<String> settings = new ArrayList<>(List.of(job.file().toString(), "--new", "-o", "json"));
        settings.addAll(overrides(output, more));
        return settings;
    }

    private List<String> overrides(BatchOutput output, List<String> more) {
        List<String> overrides = new ArrayList<>(List.of("--set", "partitions.rows=" + partitionRows));
        Stream.concat(output.jobSettings().stream(), more.stream())
                .forEach(setting -> overrides.addAll(List.of("--set", setting)));
        return overrides;
    }
}
