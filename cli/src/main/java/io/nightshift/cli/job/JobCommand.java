package io.nightshift.cli.job;

import io.nightshift.api.JobList.JobDescription;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/// A command about one applied job.
abstract class JobCommand extends ClusterCommand {

    /// Says that nothing runs the job by itself, if the node ends with the command.
    final void printUnattended(ClusterAccess cluster) {
        if (cluster.endsWithCommand()) {
            err().println("No server runs on the home folder, so nothing runs the job by itself yet. Start one: "
                    + serve());
        }
    }

    /// Asks about a job, and waits for the answer.
    ///
    /// @param job the job's name
    /// @throws FailureException for a person to read; for an unknown job, it names the most similar one
    static <T> T ask(ClusterAccess cluster, String job, Function<NightshiftClient, CompletionStage<T>> question) {
        try {
            return cluster.ask(question);
        } catch (NightshiftException e) {
            if (e.kind() == NightshiftException.Kind.NOT_FOUND) {
                throw unknown(cluster, job, e);
            }
            throw ClusterAccess.told(e);
        }
    }

    private static FailureException unknown(ClusterAccess cluster, String job, NightshiftException problem) {
        List<String> applied;
        try {
            applied = cluster.ask(NightshiftClient::jobs).jobs().stream()
                    .filter(description -> description.applied() != null)
                    .map(JobDescription::job)
                    .toList();
        } catch (NightshiftException e) {
            return ClusterAccess.told(problem);
        }
        if (applied.contains(job)) {
            // The job exists; something else that the command names does not.
            return ClusterAccess.told(problem);
        }
        String near = NameSuggestion.closest(job, applied);
        return FailureException.permanent("no job %s is applied; %s"
                .formatted(
                        job,
                        near != null
                                ? "did you mean %s?".formatted(near)
                                : applied.isEmpty()
                                        ? "`nightshift job apply` applies one"
                                        : "applied are " + String.join(", ", applied)));
    }
}
