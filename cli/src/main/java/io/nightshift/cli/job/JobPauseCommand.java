package io.nightshift.cli.job;

import io.nightshift.api.AppliedJob;
import io.nightshift.client.NightshiftClient;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `job pause`.
@Command(
        name = "pause",
        description =
                "Pauses an applied job: its schedule and its trigger start no run until you resume it. Batches that were started continue.",
        mixinStandardHelpOptions = true)
final class JobPauseCommand extends JobChangeCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the job's history records.")
    private String reason = "";

    @Override
    CompletionStage<AppliedJob> change(NightshiftClient client, String job) {
        return client.pauseJob(job, reason);
    }

    @Override
    String done() {
        return "Paused job %s.";
    }
}
