package io.nightshift.node;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerHealth;
import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.coordinator.schedule.ScheduleServices;
import io.nightshift.node.alert.AlertChannels;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.node.dashboard.Dashboard;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.ClusterNodeQueries;
import io.nightshift.node.gateway.Gateway;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.GatewayServices;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.node.gateway.NodeQueries;
import io.nightshift.node.gateway.RequestForwarder;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.health.HealthChecks;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.OperationRoutes;
import io.nightshift.node.http.Routes;
import io.nightshift.node.http.SessionRoutes;
import io.nightshift.node.schedule.JobSchedulerStarter;
import io.nightshift.node.submission.ChangedInput;
import io.nightshift.node.submission.RescoreResolver;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.node.submission.UnknownBatches;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.Props;

/// Lets programs outside the cluster ask a node: by messages, and by the endpoints of its HTTP server.
final class GatewayStarter {

    /// Threads that read the ledger for who asks, each with a connection of its own.
    private static final int READERS = 8;

    private final NodeParts parts;
    private final Ledger ledger;
    private final ModelRegistry registry;
    private final SubmissionResolver submissions;
    private final ExecutorService readers = Executors.newFixedThreadPool(
            READERS, Thread.ofPlatform().daemon().name("reader-", 1).factory());
    private final boolean followsSchedules;
    private final RequestForwarder requests;
    private final BatchQueries batches;

    /// @param submissions resolves what programs submit
    /// @param admission how many submissions are resolved at the same time
    /// @param prices of what batches use
    /// @param followsSchedules whether applied jobs run by their schedules and triggers, and not only when somebody
    ///     asks
    GatewayStarter(
            NodeParts parts,
            SubmissionResolver submissions,
            SubmissionQueue.Limits admission,
            ModelRegistry registry,
            Prices prices,
            boolean followsSchedules) {
        this.parts = parts;
        this.followsSchedules = followsSchedules;
        this.ledger = parts.given().ledger();
        this.registry = registry;
        this.submissions = submissions;
        this.requests = requests(admission);
        this.batches = new BatchQueries(requests, ledger, readers, prices, followsSchedules);
    }

    private RequestForwarder requests(SubmissionQueue.Limits admission) {
        SubmissionQueue queue = new SubmissionQueue(admission, parts.stuck());
        parts.given().observer().observe(queue);
        RescoreResolver rescores =
                new RescoreResolver(ledger, parts.destinations(), registry, submissions, parts::description);
        return new RequestForwarder(new GatewayServices(
                this::resolve,
                rescores::resolve,
                submissions::compare,
                (rejected, submission) -> named(parts, rejected, submission),
                queue,
                parts.entities()::askRegister,
                parts.entities()::askBatch,
                new LedgerHealth(ledger),
                parts.blocking()));
    }

    /// Keeps the model for the batch's partitions.
    private Submission resolve(Job job, boolean fresh) {
        if (!fresh) {
            UnknownBatches.refuse(job, parts.destinations().of(job), ledger::registered);
        }
        SubmissionResolver.Resolved resolved = submissions.resolve(job);
        resolved.keepIn(parts.given().models());
        return resolved.submission();
    }

    /// Names the file by which the input of an open batch differs from that of a submission. Blocks.
    ///
    /// @param rejected the register's answer to the submission
    static BatchRegisterCommand.Rejected named(
            NodeParts parts, BatchRegisterCommand.Rejected rejected, Submission submission) {
        return rejected.changed() == null
                ? rejected
                : ChangedInput.named(
                        rejected,
                        submission.job(),
                        parts.description(submission.model()),
                        parts.given().ledger(),
                        parts.sources());
    }

    /// Describes a batch as programs see it. Blocks.
    BatchDescription describe(Entry entry) {
        try {
            return batches.describe(entry)
                    .toCompletableFuture()
                    .get(ClusterEntities.SOON.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("interrupted"), e);
        } catch (ExecutionException | TimeoutException e) {
            throw new FailureException(
                    Failure.transientFailure("%s can't be described: %s".formatted(entry.batch(), e.getMessage())), e);
        }
    }

    /// Called once.
    ///
    /// @param access admits the programs
    /// @return what the node can be asked by HTTP
    List<Endpoint> start(GatewayAccess access, BatchRetention retention, AlertChannels channels) {
        BatchOperations changes = new BatchOperations(requests, batches, retention, readers);
        AppliedJobs jobs = JobSchedulerStarter.start(
                parts.system(),
                requests,
                batches,
                parts.sources(),
                new JobObserver(parts.given().observer()),
                parts.entities()::tellAlerts,
                parts.given().alerts().names(),
                followsSchedules,
                parts.blocking());
        NodeQueries nodes = new ClusterNodeQueries(
                parts.system(),
                parts.given().scoring(),
                parts.slots(),
                parts.faults(),
                () -> parts.given().duckDb().get().spill(),
                parts.blocking());
        AlertQueries alerts = new AlertQueries(
                parts.entities()::askAlerts,
                channels::test,
                batches,
                this::alertRules,
                parts.name(),
                readers,
                InstantSource.system());
        ModelOperations models = new ModelOperations(registry, () -> ledger, readers);
        parts.system()
                .systemActorOf(
                        Gateway.create(access, batches, changes, jobs, nodes, alerts, models),
                        GatewayCommand.ACTOR,
                        Props.empty());
        List<Endpoint> endpoints =
                new ArrayList<>(OperationRoutes.of(health(), parts.given().observer()::exposition, parts.blocking()));
        if (Coordinators.isOne(parts.system())) {
            endpoints.addAll(Routes.of(
                    batches,
                    changes,
                    jobs,
                    nodes,
                    alerts,
                    registry,
                    models,
                    parts.destinations(),
                    examinations(),
                    ledger,
                    parts.given().scoring().size(),
                    readers,
                    parts.blocking()));
            endpoints.addAll(new SessionRoutes(access, parts.name(), Version.ofProgram()).endpoints());
            endpoints.addAll(Dashboard.endpoints(batches, jobs, alerts, ledger, readers));
        }
        return endpoints;
    }

    private BatchExaminations examinations() {
        return new BatchExaminations(
                ledger,
                parts.destinations(),
                parts.given().duckDb()::get,
                () -> registry,
                parts.given().objects().folder().parent(),
                parts.given().memory());
    }

    private HealthChecks health() {
        return new HealthChecks(
                parts.system(),
                new LedgerHealth(ledger),
                () -> parts.entities()
                        .<BatchRegisterCommand.FindReply>askRegister(
                                replyTo -> new BatchRegisterCommand.Find(BatchNameResolver.LATEST, replyTo)),
                parts.faults(),
                parts.given().scoring(),
                parts.stuck(),
                parts.blocking());
    }

    /// From the first entry of the batch's ledger.
    private List<AlertRule> alertRules(BatchId batch) {
        List<AlertRule> rules = new ArrayList<>();
        ledger.forEach(batch, 0, 1, (number, entry) -> {
            if (entry.event() instanceof BatchEvent.Submitted submitted) {
                rules.addAll(submitted.job().alerts());
            }
        });
        return rules;
    }

    private record JobObserver(NodeObserver node) implements ScheduleServices.Observer {
        @Override
        public void happened(String job, String text, ScheduledJobEvent event) {
            node.happened(event);
        }

        @Override
        public void postponed(String job, int runs) {
            node.postponed(job, runs);
        }
    }
}
