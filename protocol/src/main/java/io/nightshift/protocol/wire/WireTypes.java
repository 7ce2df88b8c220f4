package io.nightshift.protocol.wire;

import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.BatchPage;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.EventPage;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.Problem;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import java.util.List;

/// The table of what crosses from node to node. A line is never changed or removed, and a number
/// never used again: nodes of two versions work side by side during a rolling update.
///
/// A new class is a new line with the next number, and an example in the golden messages of the
/// tests. A new family of messages is also bound to [KryoSerializer] in this module's
/// `reference.conf`.
final class WireTypes {

    /// Records and enums by their numbers. Those below 20 belong to [Codec].
    static final List<WireType> ALL = List.of(
            new WireType(20, BatchId.class),
            new WireType(21, Epoch.class),
            new WireType(22, Attempt.class),
            new WireType(23, Phase.class),
            new WireType(24, PartitionCommit.class),
            new WireType(25, PartitionCommit.OutputFile.class),
            new WireType(26, Failure.class),
            new WireType(27, Failure.Kind.class),
            new WireType(28, Job.class),
            new WireType(29, Job.Source.class),
            new WireType(30, ParquetDestination.class),
            new WireType(31, Job.Partitions.class),
            new WireType(32, Job.ErrorPolicy.class),
            new WireType(33, Job.Output.class),
            new WireType(34, ModelReference.Champion.class),
            new WireType(35, ModelReference.Exact.class),
            new WireType(36, ModelReference.Alias.class),
            new WireType(37, ModelReference.File.class),
            new WireType(38, ModelVersion.class),
            new WireType(39, Submission.class),
            new WireType(40, SourceFile.class),
            new WireType(41, Slice.class),
            new WireType(42, BatchCommand.Open.class),
            new WireType(43, BatchCommand.Wake.class),
            new WireType(44, BatchCommand.Cancel.class),
            new WireType(45, BatchCommand.Describe.class),
            new WireType(46, BatchCommand.RequestLease.class),
            new WireType(47, BatchCommand.Heartbeat.class),
            new WireType(48, BatchCommand.Commit.class),
            new WireType(49, BatchCommand.AttemptEnded.class),
            new WireType(50, BatchStatus.class),
            new WireType(51, WorkerMessage.WorkAt.class),
            new WireType(52, WorkerMessage.Lease.class),
            new WireType(53, WorkerMessage.NothingToLease.class),
            new WireType(54, WorkerMessage.Committed.class),
            new WireType(55, WorkerMessage.Abandon.class),
            new WireType(56, JobsCommand.Submit.class),
            new WireType(57, JobsCommand.FindWork.class),
            new WireType(58, JobsCommand.HasWork.class),
            new WireType(59, JobsCommand.HasNoWork.class),
            new WireType(60, JobsCommand.BatchEnded.class),
            new WireType(61, JobsCommand.Accepted.class),
            new WireType(62, JobsCommand.AlreadyPublished.class),
            new WireType(63, JobsCommand.Rejected.class),
            new WireType(64, JobsCommand.Find.class),
            new WireType(65, JobsCommand.Found.class),
            new WireType(66, JobsCommand.NotFound.class),
            new WireType(67, JobsCommand.Tend.class),
            new WireType(68, GatewayCommand.Submit.class),
            new WireType(69, GatewayCommand.Describe.class),
            new WireType(70, GatewayCommand.Watch.class),
            new WireType(71, GatewayReply.Answer.class),
            new WireType(72, GatewayReply.Declined.class),
            new WireType(73, BatchCommand.GiveBack.class),
            new WireType(74, BatchCommand.Pause.class),
            new WireType(75, BatchCommand.Resume.class),
            new WireType(76, BatchCommand.Retry.class),
            new WireType(77, BatchCommand.Rescore.class),
            new WireType(78, ControlReply.Done.class),
            new WireType(79, ControlReply.Refused.class),
            new WireType(80, GatewayCommand.Control.class),
            new WireType(81, PostgresDestination.class),
            new WireType(82, PostgresDestination.Index.class),
            new WireType(83, JobsCommand.Recall.class),
            new WireType(84, GatewayCommand.List.class),
            new WireType(85, GatewayCommand.ListJobs.class),
            new WireType(86, GatewayCommand.ReadEvents.class),
            new WireType(87, BatchControl.Pause.class),
            new WireType(88, BatchControl.Resume.class),
            new WireType(89, BatchControl.Cancel.class),
            new WireType(90, BatchControl.Retry.class),
            new WireType(91, BatchControl.Rescore.class),
            new WireType(92, Submitted.class),
            new WireType(93, BatchDescription.class),
            new WireType(94, BatchDescription.LedgerHead.class),
            new WireType(95, BatchDescription.Progress.class),
            new WireType(96, BatchPage.class),
            new WireType(97, JobList.class),
            new WireType(98, JobList.JobDescription.class),
            new WireType(99, EventPage.class),
            new WireType(100, Controlled.class),
            new WireType(101, Problem.class),
            new WireType(102, Problem.JobMistake.class),
            new WireType(103, ParquetInput.class),
            new WireType(104, CsvDestination.class),
            new WireType(105, CsvDestination.Compression.class));

    /// What an actor may be sent; the other types are only parts of these.
    static final List<Class<?>> MESSAGES = List.of(
            BatchCommand.class,
            BatchStatus.class,
            ControlReply.class,
            WorkerMessage.class,
            JobsCommand.class,
            JobsCommand.SubmitReply.class,
            JobsCommand.FindReply.class,
            GatewayCommand.class,
            GatewayReply.class);

    private WireTypes() {}

    /// @param id from 20
    /// @param type a record or an enum
    record WireType(int id, Class<?> type) {}

    static boolean isMessage(Class<?> type) {
        return MESSAGES.stream().anyMatch(message -> message.isAssignableFrom(type));
    }
}
