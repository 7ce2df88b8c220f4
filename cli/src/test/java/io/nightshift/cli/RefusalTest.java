package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// A job that can't run is refused before anything is created, with a sentence that names the file.
final class RefusalTest {

    private static final String ROWS = "SELECT * FROM flights LIMIT 100";

    @TempDir
    private Path folder;

    private interface Breakage {
        void breakIt(FlightsJob job) throws IOException, SQLException;
    }

    private record Case(String name, Breakage breakage, List<String> sentences) {
        Case(String name, Breakage breakage, String... sentences) {
            this(name, breakage, List.of(sentences));
        }
    }

    @TestFactory
    Stream<DynamicTest> aSourceThatCannotBeScoredIsRefused() {
        return cases(List.of(
                new Case("missing", job -> Files.delete(job.input()), "there is no file ", "own.parquet"),
                new Case("empty", job -> Files.write(job.input(), new byte[0]), "own.parquet is empty (0 bytes)"),
                new Case(
                        "a text file",
                        job -> Files.writeString(job.input(), "date,delay\n2001-01-01,3\n".repeat(9)),
                        "own.parquet is not a Parquet file"),
                new Case(
                        "cut in two",
                        job -> Files.write(job.input(), head(job.input(), Files.size(job.input()) / 2)),
                        "own.parquet is truncated"),
                new Case(
                        "a broken footer",
                        job -> {
                            byte[] bytes = Files.readAllBytes(job.input());
                            Arrays.fill(bytes, bytes.length - 200, bytes.length - 8, (byte) 0xFF);
                            Files.write(job.input(), bytes);
                        },
                        "the Parquet footer of ",
                        "own.parquet is broken"),
                new Case(
                        "an empty folder",
                        job -> {
                            Files.delete(job.input());
                            Files.createDirectory(job.input());
                        },
                        "there is no .parquet file in the folder "),
                new Case(
                        "a column missing",
                        job -> job.write(
                                "SELECT date, origin, destination, distance AS distances FROM flights LIMIT 9"),
                        "the model's feature: \"distance\" is neither a column of ",
                        "did you mean \"distances\"?"),
                new Case(
                        "a column of another type",
                        job -> job.write("SELECT * REPLACE ('far' AS distance) FROM flights LIMIT 9"),
                        "own.parquet: distance is VARCHAR, but the model's feature \"distance\" wants a number"),
                new Case(
                        "an expression over another type",
                        job -> job.write("SELECT * REPLACE (1 AS date) FROM flights LIMIT 9"),
                        "source.select.",
                        "own.parquet"),
                new Case(
                        "a glob that matches nothing",
                        job -> job.edit("own.parquet", "none-*.parquet"),
                        "no file matches ",
                        "none-*.parquet")));
    }

    @TestFactory
    Stream<DynamicTest> aModelThatCannotScoreIsRefused() {
        return cases(List.of(
                new Case("missing", model("lost.ubj", null), "lost.ubj"),
                new Case(
                        "of LightGBM",
                        model("light.txt", "tree\nversion=v4\nnum_class=1\n".getBytes(StandardCharsets.UTF_8)),
                        "light.txt",
                        "LightGBM"),
                new Case(
                        "of ONNX", model("net.onnx", new byte[] {8, 7, 18, 4, 't', 'e', 's', 't'}), "net.onnx", "ONNX"),
                new Case("random bytes", model("noise.bin", noise()), "noise.bin", "its format is not known"),
                new Case(
                        "cut in two",
                        job -> {
                            Path whole = FlightsJob.example().resolve("flights.ubj");
                            Path half = job.folder().resolve("half.ubj");
                            Files.write(half, head(whole, Files.size(whole) / 2));
                            job.edit("model: " + whole, "model: " + half);
                        },
                        "half.ubj"),
                new Case(
                        "not registered",
                        job -> job.edit("model: " + FlightsJob.example().resolve("flights.ubj"), "model: delays"),
                        "no model is named \"delays\"; none is registered yet")));
    }

    @TestFactory
    Stream<DynamicTest> aDestinationThatCannotBeMadeIsRefused() {
        return cases(List.of(new Case(
                "below a file",
                job -> {
                    Files.createFile(job.folder().resolve("file"));
                    job.edit("parquet: predictions", "parquet: file/predictions");
                },
                "the destination ",
                "file/predictions can't be made: ",
                "/file is a file")));
    }

    private Stream<DynamicTest> cases(List<Case> cases) {
        return cases.stream()
                .map(each -> DynamicTest.dynamicTest(each.name(), () -> {
                    FlightsJob job = FlightsJob.on(Files.createTempDirectory(folder, "case"), ROWS);
                    each.breakage().breakIt(job);
                    plan(job).expect(2, each.sentences().toArray(String[]::new));
                    assertThat(job.home()).doesNotExist();
                    assertThat(job.predictions()).doesNotExist();
                }));
    }

    private static Breakage model(String name, byte @org.jspecify.annotations.Nullable [] content) {
        return job -> {
            Path file = job.folder().resolve(name);
            if (content != null) {
                Files.write(file, content);
            }
            job.edit("model: " + FlightsJob.example().resolve("flights.ubj"), "model: " + file);
        };
    }

    private static byte[] noise() {
        byte[] bytes = new byte[5000];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static byte[] head(Path file, long length) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(file), (int) length);
    }

    private static CommandResult plan(FlightsJob job) {
        return CommandResult.of(
                Main.commandLine(),
                "plan",
                job.file().toString(),
                "--home",
                job.home().toString());
    }

    @Test
    void everyMistakeOfAJobFileIsReportedAtOnce() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("  rows: 25000", "  row: 25000");
        job.edit("max-rate: 0.001", "max-rate: 7");
        job.edit("job: flights", "job: Flights!");
        job.edit("destination:", "destinations:");

        CommandResult end = CommandResult.of(Main.commandLine(), job.run().toArray(String[]::new));
        end.expect(
                2,
                "job.yaml:",
                ": job: ",
                "did you mean \"destination\"?",
                "did you mean \"rows\"?",
                "errors.max-rate");
        assertThat(end.err().lines().filter(line -> line.matches(".*job\\.yaml:\\d+: .*")))
                .hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void aWrongCommandIsRefusedWithAHint() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        String file = job.file().toString();
        CommandResult.of(Main.commandLine(), "run", file, "--thread", "2")
                .expect(2, "no option '--thread'; did you mean --threads?", "nightshift run --help");
        CommandResult.of(Main.commandLine(), "rnu", file).expect(2, "there is no command 'rnu'; did you mean run?");
        CommandResult.of(Main.commandLine(), "run", file, file).expect(2, "the command takes no further argument");
        CommandResult.of(Main.commandLine(), "run").expect(2, "JOB.yaml");
        CommandResult.of(Main.commandLine()).expect(2, "Usage: nightshift", "Scores the rows");
        CommandResult.of(Main.commandLine(), "model").expect(2, "Usage: nightshift model", "Trains a model");
        CommandResult.of(
                        Main.commandLine(),
                        "run",
                        folder.resolve("lost.yaml").toString(),
                        "--home",
                        job.home().toString())
                .expect(2, "there is no job file ", "lost.yaml");
        CommandResult.of(
                        Main.commandLine(),
                        "run",
                        folder.toString(),
                        "--home",
                        job.home().toString())
                .expect(2, folder.toString());
        CommandResult.of(
                        Main.commandLine(),
                        "run",
                        file,
                        "--threads",
                        "0",
                        "--home",
                        job.home().toString())
                .expect(2, "--threads must be 1 to 1024, not 0");
        CommandResult.of(Main.commandLine(), "run", file, "-o", "xml")
                .expect(2, "'xml' is not an output format; use table, json or yaml");
        CommandResult.of(Main.commandLine(), "plan", file, "--set", "partitions.rwos=5")
                .expect(2, "--set", "partitions.rwos", "rows");
    }
}
