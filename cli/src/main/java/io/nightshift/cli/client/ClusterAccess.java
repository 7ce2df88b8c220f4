package io.nightshift.cli.client;

import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import org.jspecify.annotations.Nullable;

/// What commands ask of a cluster, by whichever door. Each waits for the answer.
///
/// A batch is named by its id, the beginning of one, or `latest`. All throw a
/// [io.nightshift.protocol.failure.FailureException], for a person to read, if nobody answers.
public interface ClusterAccess extends AutoCloseable {

    /// @param key by which the caller knows this submission, or null
    SubmitReply submit(Job job, boolean fresh, @Nullable String key);

    DescribeReply describe(String batch);

    /// @throws io.nightshift.protocol.failure.FailureException also if there is no such batch
    ControlReply control(String batch, BatchControl control);

    @Override
    void close();
}
