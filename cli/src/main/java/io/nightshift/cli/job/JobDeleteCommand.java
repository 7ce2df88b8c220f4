package io.nightshift.cli.job;

import io.nightshift.api.AppliedJob;
import io.nightshift.client.NightshiftClient;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Command;

/// `job delete`.
@Command(
        name = "delete",
        description =
                "Deletes an applied job: no further run is started. Batches that were started continue, and predictions stay.",
        mixinStandardHelpOptions = true)
final class JobDeleteCommand extends JobChangeCommand {

    @Override
    CompletionStage<AppliedJob> change(NightshiftClient client, String job) {
        return client.deleteJob(job);
    }

    @Override
    String done() {
        return "Deleted job %s.";
    }
}
