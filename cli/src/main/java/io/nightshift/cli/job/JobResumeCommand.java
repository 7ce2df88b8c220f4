package io.nightshift.cli.job;

import io.nightshift.api.AppliedJob;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.client.NightshiftClient;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Command;

/// `job resume`.
@Command(
        name = "resume",
        description = "Resumes an applied job. The schedule's `catch-up` decides about the ticks of the pause.",
        mixinStandardHelpOptions = true)
final class JobResumeCommand extends JobChangeCommand {

    @Override
    CompletionStage<AppliedJob> change(NightshiftClient client, String job) {
        return client.resumeJob(job);
    }

    @Override
    void changed(ClusterAccess cluster, AppliedJob job) {
        if (job.cron() != null || job.trigger() != null) {
            printUnattended(cluster);
        }
    }

    @Override
    String done() {
        return "Resumed job %s.";
    }
}
