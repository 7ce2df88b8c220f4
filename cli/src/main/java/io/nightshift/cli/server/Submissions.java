package io.nightshift.cli.server;

import io.nightshift.cli.JobModel;
import io.nightshift.cli.node.NodeDuckDb;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.datasource.DataSources;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.worker.partition.TableColumns;
import io.nightshift.worker.source.ParquetInspector;
import java.util.function.Function;

/// Looks at what a job names, as a node sees it: its model, which is registered if it is a file, its source
/// and its destination. Blocking; throws a [io.nightshift.protocol.failure.FailureException] if something
/// is wrong.
public record Submissions(ModelRegistry registry, NodeDuckDb duckDb, DataSources dataSources)
        implements Function<Job, Submission> {

    @Override
    public Submission apply(Job job) {
        JobModel model = JobModel.of(job.model(), registry);
        ParquetInspector inspector = new ParquetInspector(duckDb);
        inspector.inspect(job, model.model().description());
        Job.Postgres postgres = job.destination().postgres();
        if (postgres != null) {
            dataSources.get(postgres.dataSource());
            new TableColumns(inspector).of(job, model.model().description());
        }
        return new Submission(job, JobFingerprint.of(job), inspector.identity(job.source()), model.version());
    }
}
