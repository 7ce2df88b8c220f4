package io.nightshift.protocol.schedule;

import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// A message to the catalogue of applied jobs, which holds their names. Every message may be sent more than
/// once.
public sealed interface JobCatalogueCommand {

    /// Enters a job. Sent before the job is applied, and by the job after it was.
    ///
    /// @param job the job's name
    /// @param replyTo receives [JobNames] with this name, when it is durable
    record Add(String job, ActorRef<JobNames> replyTo) implements JobCatalogueCommand {}

    /// Removes a job. Sent by a job that is not applied.
    ///
    /// @param job the job's name
    record Remove(String job) implements JobCatalogueCommand {}

    /// Asks for all names.
    ///
    /// @param replyTo receives the reply
    record ListNames(ActorRef<JobNames> replyTo) implements JobCatalogueCommand {}

    /// Wakes every job, so that it runs on some node after its node is gone. Sent periodically.
    record WakeJobs() implements JobCatalogueCommand {}

    /// Names of jobs.
    ///
    /// @param jobs sorted
    record JobNames(List<String> jobs) {
        public JobNames {
            jobs = List.copyOf(jobs);
        }
    }
}
