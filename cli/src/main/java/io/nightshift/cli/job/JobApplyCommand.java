package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.ApplyResult;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `job apply`.
@Command(
        name = "apply",
        description = "Applies a job file: the server or the cluster runs the job by its schedule and its trigger until"
                + " you delete it. Prints the schedule in words, and the next runs. If you apply a changed file, the job"
                + " gets a new revision; the same file changes nothing. Paths in the file must be valid on every"
                + " node.",
        mixinStandardHelpOptions = true)
final class JobApplyCommand extends JobCommand {

    @Parameters(paramLabel = "JOB.yaml", description = "The job file.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Override
    protected boolean needsLedger() {
        return false;
    }

    @Override
    protected int run(ClusterAccess cluster) {
        byte[] content = content();
        // With the name of the file and its lines in each mistake.
        JobHeader header = JobFile.header(content, file, List.of());
        String text = new String(content, StandardCharsets.UTF_8);
        Path absolute = file.toAbsolutePath().normalize();
        String folder =
                Objects.requireNonNullElse(absolute.getParent(), absolute).toString();
        ApplyResult result = ask(cluster, header.name(), client -> client.applyJob(header.name(), text, folder));
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(result));
            return ExitStatus.DONE;
        }
        out().println(sentence(result));
        JobTable.of(result.job(), header).print(out());
        result.warnings().forEach(out()::println);
        if (result.job().pause() != null) {
            out().println("The job is paused. Resume it: %s job resume %s%s"
                    .formatted(ShellCommands.program(), header.name(), options()));
        } else if (header.timing().schedule() == null && header.timing().trigger() == null) {
            out().println("The job has no schedule and no trigger. Start a run: %s job trigger %s%s"
                    .formatted(ShellCommands.program(), header.name(), options()));
        } else {
            printUnattended(cluster);
        }
        return ExitStatus.DONE;
    }

    private byte[] content() {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw FailureException.permanent("there is no job file %s. `nightshift init` writes one".formatted(file));
        } catch (IOException e) {
            throw FailureException.permanent("the job file %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    private static String sentence(ApplyResult result) {
        String job = result.job().job();
        int revision = result.job().revision();
        if (result.created()) {
            return "Applied job %s.".formatted(job);
        }
        return result.changed()
                ? "Applied job %s again; this is revision %d.".formatted(job, revision)
                : "Nothing to do: job %s has this job file already, as revision %d.".formatted(job, revision);
    }
}
