package io.nightshift.cli.server;

import io.nightshift.cli.JobModel;
import io.nightshift.cli.node.NodeDuckDb;
import io.nightshift.coordinator.registry.Registry;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.database.DataSources;
import java.util.function.Function;

/// Looks at what a job names, as a node sees it: its model, which is registered if it is a file, its source
/// and its destination. Blocking; throws a [io.nightshift.protocol.failure.FailureException] if something
/// is wrong.
public record Submissions(Registry registry, NodeDuckDb duckDb, DataSources dataSources)
        implements Function<Job, Submission> {

    @Override
    public Submission apply(Job job) {
        JobModel model = JobModel.of(job.model(), registry);
        Destinations destinations = new Destinations(duckDb, dataSources);
        destinations.sources().inspect(job, model.model().description());
        Destinations.refuse(destinations.of(job).check(job, model.model().description()));
        return new Submission(
                job, JobFingerprint.of(job), destinations.sources().identity(job.source()), model.version());
    }
}
