package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import io.nightshift.testing.program.SystemCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The order in which a whole run writes to the disk: nothing is built upon before it is there.
final class ForcedOrderIT {

    private static final Pattern STAGED = Pattern.compile("<([^<>]*/attempts/part-[^<>]*\\.staged)>");

    @TempDir
    private Path folder;

    @Test
    void eachStepIsOnTheDiskBeforeTheNext() throws Exception {
        assumeTrue(canTrace(), "strace is not installed, or this process may not trace another");
        FlightsJob job = FlightsJob.on(folder.toRealPath(), "SELECT * FROM flights LIMIT 4000");
        Path trace = folder.resolve("trace");
        CommandResult end = traced(trace, job.folder(), job.run("--set", "partitions.rows=1000"));
        assertThat(end.status()).as(end.err()).isZero();
        String batch = end.json().get("batch").asText();
        List<SystemCall> calls = SystemCall.parse(Files.readAllLines(trace));

        String ledger = job.home().resolve("ledger/ledger.mv.db").toString();
        String predictions = job.predictions().toString();
        String staging = predictions + "/.staging/batch=" + batch;

        // A new ledger is complete before it has its name, and its folders are on the disk.
        String unnamed = job.home().resolve("ledger/new.mv.db").toString();
        SystemCall named = only(calls, call -> call.renames("/new.mv.db", "/ledger.mv.db"));
        assertOrder(last(calls, call -> call.writes(unnamed)), last(calls, call -> call.forces(unnamed)));
        assertOrder(last(calls, call -> call.forces(unnamed)), named);
        assertOrder(
                named,
                last(calls, call -> call.forces(job.home().resolve("ledger").toString())));
        assertThat(calls).anyMatch(call -> call.forces(job.home().toString()));
        assertThat(calls).anyMatch(call -> call.forces(job.folder().toString()));

        // The folders of the batch, from the new destination down.
        SystemCall firstPart =
                first(calls, call -> STAGED.matcher(call.arguments()).find());
        for (String parent : List.of(job.folder().toString(), predictions, predictions + "/.staging", staging)) {
            assertOrder(first(calls, call -> call.forces(parent)), firstPart);
        }

        // Each part, its folder's entry, its commit in the ledger; only then is it moved.
        List<String> parts = calls.stream()
                .flatMap(call -> STAGED.matcher(call.arguments()).results())
                .map(match -> match.group(1))
                .distinct()
                .toList();
        assertThat(parts).hasSize(4);
        for (String part : parts) {
            SystemCall forced = last(calls, call -> call.forces(part));
            assertOrder(last(calls, call -> call.writes(part)), forced);
            SystemCall entered = firstAfter(calls, forced, call -> call.forces(staging + "/attempts"));
            SystemCall committed = firstAfter(calls, entered, call -> call.writes(ledger));
            SystemCall durable = firstAfter(calls, committed, call -> call.forces(ledger));
            assertOrder(durable, only(calls, call -> call.renames(Pattern.quote(part), "/part-[^/]*")));
        }

        // The output as a whole, its name, the event that it is published, and only then the report.
        SystemCall published = only(calls, call -> call.renames("/output-\\d+", "/batch=" + batch));
        assertOrder(last(calls, call -> call.forces(staging + "/output-1/_manifest.json")), published);
        assertOrder(last(calls, call -> call.forces(staging + "/output-1")), published);
        SystemCall visible = firstAfter(calls, published, call -> call.forces(predictions));
        SystemCall recorded = firstAfter(calls, visible, call -> call.writes(ledger));
        SystemCall durable = firstAfter(calls, recorded, call -> call.forces(ledger));
        SystemCall report = last(
                calls, call -> call.name().equals("write") && call.arguments().contains("\"{\\\""));
        assertOrder(durable, report);
    }

    private static boolean canTrace() throws InterruptedException {
        try {
            Process probe = new ProcessBuilder("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return probe.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static CommandResult traced(Path trace, Path folder, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "strace",
                "-f",
                "-y",
                "--seccomp-bpf",
                "-e",
                "trace=fsync,fdatasync,ftruncate,write,pwrite64,rename,renameat,renameat2",
                "-o",
                trace.toString()));
        command.addAll(ProgramProcess.command(List.of("-XX:TieredStopAtLevel=1"), arguments));
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new CommandResult(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void assertOrder(SystemCall before, SystemCall after) {
        assertThat(before.end()).as("%s ended before %s began", before, after).isLessThan(after.begin());
    }

    private static SystemCall only(List<SystemCall> calls, Predicate<SystemCall> wanted) {
        List<SystemCall> found = calls.stream().filter(wanted).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static SystemCall first(List<SystemCall> calls, Predicate<SystemCall> wanted) {
        return calls.stream().filter(wanted).findFirst().orElseThrow();
    }

    private static SystemCall last(List<SystemCall> calls, Predicate<SystemCall> wanted) {
        return calls.stream().filter(wanted).reduce((earlier, later) -> later).orElseThrow();
    }

    private static SystemCall firstAfter(List<SystemCall> calls, SystemCall before, Predicate<SystemCall> wanted) {
        return calls.stream()
                .filter(call -> call.begin() > before.end())
                .filter(wanted)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing follows " + before));
    }
}
