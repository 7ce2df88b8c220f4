package io.nightshift.protocol.wire;

import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.AliasMove;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.Problem;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationResult;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.RowDifference;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.StepReply;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobSchedule;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobTrigger;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.OutputConstant;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParameterType;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.Retention;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.ThreadLimit;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import java.util.List;

/// The numbers of the classes that nodes send to each other.
///
/// Nodes of two versions work side by side during a rolling upgrade. So no line is changed or removed once it
/// is released, and no number is used again. A new class is a new line with the next number, and an example
/// in `GoldenMessages` of the tests. A new family of messages is also added to [#MESSAGES], and bound to
/// [KryoSerializer] in this module's `reference.conf`.
final class WireTypes {

    /// Records and enums by number. [WireCodec] uses the numbers below 20.
    static final List<WireType> ALL = List.of(
            // Identities, and the parts of a plan and a ledger.
            new WireType(20, BatchId.class),
            new WireType(21, Epoch.class),
            new WireType(22, Attempt.class),
            new WireType(23, Phase.class),
            new WireType(24, Failure.class),
            new WireType(25, Failure.Kind.class),
            new WireType(26, ModelVersion.class),
            new WireType(27, SourceFile.class),
            new WireType(28, Slice.class),
            new WireType(29, PartitionCommit.class),
            new WireType(30, PartitionCommit.OutputFile.class),
            new WireType(31, BatchStatus.class),
            // A batch and its workers.
            new WireType(32, BatchCommand.Open.class),
            new WireType(33, BatchCommand.EnsureStarted.class),
            new WireType(34, BatchCommand.Describe.class),
            new WireType(35, BatchCommand.Pause.class),
            new WireType(36, BatchCommand.Resume.class),
            new WireType(37, BatchCommand.Cancel.class),
            new WireType(38, BatchCommand.Retry.class),
            new WireType(39, BatchCommand.Rescore.class),
            new WireType(40, BatchCommand.RequestLease.class),
            new WireType(41, BatchCommand.Heartbeat.class),
            new WireType(42, BatchCommand.Commit.class),
            new WireType(43, BatchCommand.ReleaseLease.class),
            new WireType(44, BatchCommand.AttemptFailed.class),
            new WireType(45, ControlReply.Done.class),
            new WireType(46, ControlReply.Refused.class),
            new WireType(47, WorkerMessage.WorkAt.class),
            new WireType(48, WorkerMessage.Lease.class),
            new WireType(49, WorkerMessage.NothingToLease.class),
            new WireType(50, WorkerMessage.Committed.class),
            new WireType(51, WorkerMessage.Abandon.class),
            // The batch register.
            new WireType(52, BatchRegisterCommand.Submit.class),
            new WireType(53, BatchRegisterCommand.FindByKey.class),
            new WireType(54, BatchRegisterCommand.Find.class),
            new WireType(55, BatchRegisterCommand.FindWork.class),
            new WireType(56, BatchRegisterCommand.WakeOpenBatches.class),
            new WireType(57, BatchRegisterCommand.HasWork.class),
            new WireType(58, BatchRegisterCommand.HasNoWork.class),
            new WireType(59, BatchRegisterCommand.BatchEnded.class),
            new WireType(60, BatchRegisterCommand.Accepted.class),
            new WireType(61, BatchRegisterCommand.AlreadyPublished.class),
            new WireType(62, BatchRegisterCommand.Rejected.class),
            new WireType(63, BatchRegisterCommand.Found.class),
            new WireType(64, BatchRegisterCommand.NotFound.class),
            // The gateway, which programs outside the cluster send requests to.
            new WireType(65, GatewayCommand.Submit.class),
            new WireType(66, GatewayCommand.Describe.class),
            new WireType(67, GatewayCommand.Watch.class),
            new WireType(68, GatewayCommand.List.class),
            new WireType(69, GatewayCommand.ListJobs.class),
            new WireType(70, GatewayCommand.ReadEvents.class),
            new WireType(71, GatewayCommand.Control.class),
            new WireType(72, GatewayReply.Succeeded.class),
            new WireType(73, GatewayReply.Declined.class),
            // The records in the gateway's requests and replies.
            new WireType(74, BatchControl.Pause.class),
            new WireType(75, BatchControl.Resume.class),
            new WireType(76, BatchControl.Cancel.class),
            new WireType(77, BatchControl.Retry.class),
            new WireType(78, BatchControl.Rescore.class),
            new WireType(79, SubmitResult.class),
            new WireType(80, ControlResult.class),
            new WireType(81, BatchDescription.class),
            new WireType(82, BatchDescription.LedgerHead.class),
            new WireType(83, BatchDescription.Progress.class),
            new WireType(84, BatchPage.class),
            new WireType(85, JobList.class),
            new WireType(86, JobList.JobDescription.class),
            new WireType(87, EventPage.class),
            new WireType(88, Problem.class),
            new WireType(89, Problem.JobMistake.class),
            // The job.
            new WireType(90, Submission.class),
            new WireType(91, Job.class),
            new WireType(92, ModelReference.Champion.class),
            new WireType(93, ModelReference.Exact.class),
            new WireType(94, ModelReference.Alias.class),
            new WireType(95, ModelReference.File.class),
            new WireType(96, Job.Source.class),
            new WireType(97, ParquetInput.class),
            new WireType(98, ParquetDestination.class),
            new WireType(99, PostgresDestination.class),
            new WireType(100, PostgresDestination.Index.class),
            new WireType(410, MariadbDestination.class),
            new WireType(411, MariadbDestination.Index.class),
            new WireType(460, RedisDestination.class),
            new WireType(461, RedisDestination.Format.class),
            new WireType(570, IcebergDestination.class),
            new WireType(650, DeltaDestination.class),
            new WireType(101, Job.Partitions.class),
            new WireType(102, Job.ErrorPolicy.class),
            new WireType(103, Job.Output.class),
            new WireType(104, CsvDestination.class),
            new WireType(105, CsvDestination.Compression.class),
            // Why a batch is paused.
            new WireType(107, BatchDescription.Pause.class),
            new WireType(110, Job.UnseenCategories.class),
            new WireType(111, Job.CategoryList.class),
            // Tickets of submissions.
            new WireType(116, BatchRegisterCommand.AskTicket.class),
            new WireType(117, SubmissionTicket.class),
            new WireType(118, BatchRegisterCommand.NotNow.class),
            // Outages.
            new WireType(120, FailedResource.class),
            new WireType(121, FailedResource.Type.class),
            new WireType(123, BatchDescription.Outage.class),
            new WireType(124, Job.Retry.class),
            // A model pinned by its digest.
            new WireType(125, ModelReference.Digest.class),
            // A model of an MLflow server.
            new WireType(652, ModelReference.Mlflow.class),
            new WireType(653, MlflowPin.class),
            new WireType(654, BatchDescription.ModelOrigin.class),
            // A request to the gateway with a token.
            new WireType(126, GatewayCommand.Authenticated.class),
            // A caller with too many open batches.
            new WireType(127, BatchRegisterCommand.TooManyOpen.class),
            new WireType(128, OpenBatchLimit.class),
            // Runs.
            new WireType(140, Parameter.class),
            new WireType(141, ParameterType.class),
            // The nodes of the cluster.
            new WireType(142, GatewayCommand.ListNodes.class),
            new WireType(143, GatewayCommand.DescribeNode.class),
            new WireType(144, NodeList.class),
            new WireType(145, NodeList.NodeDescription.class),
            new WireType(146, NodeList.NodeWork.class),
            new WireType(147, NodeList.NodeFault.class),
            // Applied jobs.
            new WireType(150, ScheduledJobCommand.Apply.class),
            new WireType(151, ScheduledJobCommand.Show.class),
            new WireType(152, ScheduledJobCommand.Pause.class),
            new WireType(153, ScheduledJobCommand.Resume.class),
            new WireType(154, ScheduledJobCommand.Delete.class),
            new WireType(155, ScheduledJobCommand.Trigger.class),
            new WireType(156, ScheduledJobCommand.Runs.class),
            new WireType(157, ScheduledJobCommand.StartBackfill.class),
            new WireType(158, ScheduledJobCommand.ShowBackfills.class),
            new WireType(159, ScheduledJobCommand.ControlBackfill.class),
            new WireType(160, ScheduledJobCommand.Wake.class),
            new WireType(161, ScheduledJobReply.Succeeded.class),
            new WireType(162, ScheduledJobReply.Declined.class),
            new WireType(163, ScheduledJobReply.Reason.class),
            new WireType(164, JobCatalogueCommand.Add.class),
            new WireType(165, JobCatalogueCommand.Remove.class),
            new WireType(166, JobCatalogueCommand.ListNames.class),
            new WireType(167, JobCatalogueCommand.WakeJobs.class),
            new WireType(168, JobCatalogueCommand.JobNames.class),
            new WireType(170, AppliedJob.class),
            new WireType(171, AppliedJob.Pause.class),
            new WireType(172, ApplyResult.class),
            new WireType(173, JobRun.class),
            new WireType(174, JobRunPage.class),
            new WireType(175, BackfillRequest.class),
            new WireType(176, Backfill.class),
            new WireType(177, BackfillList.class),
            new WireType(178, BackfillControl.class),
            // Requests about applied jobs.
            new WireType(180, GatewayCommand.ApplyJob.class),
            new WireType(181, GatewayCommand.DescribeJob.class),
            new WireType(182, GatewayCommand.PauseJob.class),
            new WireType(183, GatewayCommand.ResumeJob.class),
            new WireType(184, GatewayCommand.DeleteJob.class),
            new WireType(185, GatewayCommand.TriggerJob.class),
            new WireType(186, GatewayCommand.ListRuns.class),
            new WireType(187, GatewayCommand.StartBackfill.class),
            new WireType(188, GatewayCommand.PlanBackfill.class),
            new WireType(189, GatewayCommand.ListBackfills.class),
            new WireType(190, GatewayCommand.DescribeBackfill.class),
            new WireType(191, GatewayCommand.ControlBackfill.class),
            new WireType(192, BackfillPlan.class),
            new WireType(193, BackfillPlan.PlannedRun.class),
            new WireType(194, JobRun.Totals.class),
            new WireType(195, AppliedJob.Tick.class),
            // What attempts have used.
            new WireType(230, Use.class),
            new WireType(231, BatchUse.class),
            new WireType(232, BatchCommand.AttemptDiscarded.class),
            new WireType(233, BatchDescription.Use.class),
            new WireType(234, BatchDescription.Discarded.class),
            new WireType(235, BatchDescription.Cost.class),
            // When batches of a job start and work, and who is told of problems.
            new WireType(270, JobTiming.class),
            new WireType(271, JobSchedule.class),
            new WireType(272, JobSchedule.CatchUp.class),
            new WireType(273, JobSchedule.Overlap.class),
            new WireType(274, JobTrigger.class),
            new WireType(275, JobWindow.class),
            new WireType(276, JobWindow.Outside.class),
            new WireType(277, AlertRule.class),
            new WireType(278, AlertCause.class),
            new WireType(290, DatabaseInput.class),
            new WireType(291, DatabaseInput.Engine.class),
            new WireType(655, IcebergInput.class),
            new WireType(656, DeltaInput.class),
            // A source that changes.
            new WireType(300, Job.OnChange.class),
            // Alerts.
            new WireType(250, BatchCommand.ReportAlerts.class),
            new WireType(251, AlertSubject.class),
            new WireType(252, AlertSubject.Kind.class),
            new WireType(253, AlertCommand.Raise.class),
            new WireType(254, AlertCommand.Resolve.class),
            new WireType(255, AlertCommand.Wake.class),
            new WireType(256, AlertCommand.ListIncidents.class),
            new WireType(257, AlertReply.Recorded.class),
            new WireType(258, AlertReply.Listed.class),
            new WireType(259, AlertPage.class),
            new WireType(260, AlertDescription.class),
            new WireType(261, AlertDescription.Delivery.class),
            new WireType(262, GatewayCommand.ListAlerts.class),
            new WireType(263, GatewayCommand.TestAlertChannel.class),
            new WireType(264, AlertTestResult.class),
            new WireType(265, GatewayCommand.ReportVerification.class),
            new WireType(266, VerificationResult.class),
            // Windows, deadlines and forecasts.
            new WireType(210, PastRun.class),
            new WireType(211, BatchCommand.IgnoreWindow.class),
            new WireType(212, BatchControl.IgnoreWindow.class),
            new WireType(215, BatchDescription.Timing.class),
            new WireType(216, BatchDescription.Forecast.class),
            // Steps of a batch that another node does.
            new WireType(315, StepCommand.Run.class),
            new WireType(316, StepCommand.SendPart.class),
            new WireType(317, StepReply.Working.class),
            new WireType(318, StepReply.Part.class),
            new WireType(319, StepReply.Failed.class),
            // Checks before the publication.
            new WireType(345, BatchCheck.class),
            new WireType(346, BatchCheck.Measure.class),
            new WireType(347, BatchCheck.OnFail.class),
            new WireType(348, PartitionStatistics.class),
            new WireType(349, BatchCommand.Approve.class),
            new WireType(350, BatchControl.Approve.class),
            new WireType(353, BatchDescription.Check.class),
            new WireType(354, BatchDescription.Approval.class),
            new WireType(375, Distribution.class),
            // Text files as sources.
            new WireType(280, CsvInput.class),
            new WireType(281, NdjsonInput.class),
            // Partitions by a key.
            new WireType(325, PartitionKey.class),
            new WireType(326, PartitionKey.Every.class),
            new WireType(327, Cut.class),
            // Jobs that read only what is new.
            new WireType(330, NewTimes.class),
            new WireType(331, NewTimes.Pinned.class),
            new WireType(332, NewTimes.TimeType.class),
            new WireType(385, NewFiles.class),
            new WireType(465, ChangedRows.class),
            new WireType(333, TimeRange.class),
            // Tables of warehouses.
            new WireType(400, LoadTables.class),
            // Lookups.
            new WireType(340, Lookup.class),

            // The shape of the output.
            new WireType(420, OutputDecision.class),
            new WireType(421, OutputConstant.class),
            new WireType(422, OutputConstant.Type.class),
            new WireType(423, OutputSchema.class),
            new WireType(424, OutputSchema.Column.class),
            new WireType(425, ParquetDestination.Codec.class),
            // Removal of published batches.
            new WireType(430, Retention.class),
            new WireType(431, BatchCommand.Delete.class),
            new WireType(432, BatchCommand.Retire.class),
            new WireType(435, BatchControl.Delete.class),
            new WireType(436, BatchDescription.Removal.class),
            new WireType(437, GatewayCommand.ApplyRetention.class),
            new WireType(438, RetentionReport.class),
            new WireType(439, RetentionReport.Expired.class),
            // Redrives of quarantined rows.
            new WireType(450, BatchCommand.Redrive.class),
            new WireType(453, BatchControl.Redrive.class),
            new WireType(454, BatchDescription.Redrive.class),
            // Aliases of models.
            new WireType(475, GatewayCommand.PromoteModel.class),
            new WireType(476, GatewayCommand.RollBackModel.class),
            new WireType(477, GatewayCommand.ReadModelHistory.class),
            new WireType(478, PromoteRequest.class),
            new WireType(479, RollbackRequest.class),
            new WireType(480, AliasChange.class),
            new WireType(481, RollbackResult.class),
            new WireType(482, RollbackResult.UsedBatch.class),
            new WireType(483, ModelHistory.class),
            new WireType(484, AliasMove.class),
            // Partitions, for programs outside the cluster.
            new WireType(466, GatewayCommand.ListPartitions.class),
            new WireType(467, PartitionPage.class),
            new WireType(468, PartitionPage.PartitionDescription.class),
            new WireType(550, GatewayCommand.ReadDrift.class),
            new WireType(551, DriftReport.class),
            new WireType(552, DriftReport.ColumnDrift.class),
            // Schemas of the output, for programs outside the cluster.
            new WireType(590, GatewayCommand.CompareSchema.class),
            new WireType(591, SchemaReport.class),
            new WireType(592, SchemaReport.Published.class),
            new WireType(593, SchemaReport.Column.class),
            new WireType(594, SchemaReport.Change.class),
            // Batches that reuse parts.
            new WireType(530, Reuse.class),
            new WireType(531, RescoreRequest.class),
            new WireType(532, GatewayCommand.RescoreBatch.class),
            new WireType(490, ThreadLimit.class),
            new WireType(491, BatchRegisterCommand.Leased.class),
            // What a node is doing.
            new WireType(540, NodeList.NodeMemory.class),
            new WireType(541, NodeList.NodeScratch.class),
            new WireType(542, NodeList.NodeScoring.class),
            // Several destinations.
            new WireType(560, SeveralDestinations.class),
            // Rollouts of models.
            new WireType(510, Rollout.class),
            new WireType(511, Rollout.Mode.class),
            new WireType(512, Rollout.Guard.class),
            new WireType(513, Rollout.Measure.class),
            new WireType(514, Rollout.OnPass.class),
            new WireType(515, Rollout.OnFail.class),
            new WireType(516, ModelComparison.class),
            new WireType(521, BatchDescription.Rollout.class),
            new WireType(522, BatchDescription.Guard.class),
            // Shadows, and reused parts.
            new WireType(580, ModelDifferences.class),
            new WireType(581, RowDifference.class),
            new WireType(585, BatchDescription.Shadow.class),
            new WireType(586, BatchDescription.Shadow.Bin.class),
            new WireType(587, BatchDescription.Shadow.Difference.class),
            new WireType(588, BatchDescription.Reuse.class),
            new WireType(589, BatchDescription.Reuse.Parts.class),
            new WireType(595, BatchRegisterCommand.FailureChanged.class));

    /// The types of messages that actors accept. All other types are parts of messages only.
    static final List<Class<?>> MESSAGES = List.of(
            BatchCommand.class,
            BatchStatus.class,
            ControlReply.class,
            WorkerMessage.class,
            StepCommand.class,
            StepReply.class,
            BatchRegisterCommand.class,
            BatchRegisterCommand.SubmitReply.class,
            BatchRegisterCommand.FindReply.class,
            SubmissionTicket.class,
            AlertCommand.class,
            AlertReply.class,
            GatewayCommand.class,
            GatewayReply.class,
            ScheduledJobCommand.class,
            ScheduledJobReply.class,
            JobCatalogueCommand.class,
            JobCatalogueCommand.JobNames.class);

    private WireTypes() {}

    /// A numbered class.
    ///
    /// @param id the class's number, from 20
    /// @param type a record or an enum
    record WireType(int id, Class<?> type) {}

    static boolean isMessage(Class<?> type) {
        return MESSAGES.stream().anyMatch(message -> message.isAssignableFrom(type));
    }
}
