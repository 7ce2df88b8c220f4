package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.NightshiftClient;
import java.util.concurrent.CompletionStage;
import picocli.CommandLine.Mixin;

/// A command that changes an applied job. It returns when the change is durable. Repeating it changes nothing
/// more.
abstract class JobChangeCommand extends JobCommand {

    @Mixin
    private final JobParameter wanted = new JobParameter();

    abstract CompletionStage<AppliedJob> change(NightshiftClient client, String job);

    /// The sentence that reports success, with a `%s` for the job.
    abstract String done();

    /// Says more about the change, for people.
    void changed(ClusterAccess cluster, AppliedJob job) {}

    @Override
    protected final int run(ClusterAccess cluster) {
        AppliedJob job = ask(cluster, wanted.name(), client -> change(client, wanted.name()));
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(job));
        } else {
            out().println(done().formatted(job.job()));
            out().flush();
            changed(cluster, job);
        }
        return ExitStatus.DONE;
    }
}
