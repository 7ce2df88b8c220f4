package io.nightshift.node.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchPage;
import io.nightshift.api.ControlResult;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.Problem;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationResult;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.alert.AlertSender;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The permissions of programs that send messages. Each request that is admitted has a mistake of its own, so
/// that it goes no further.
class GatewayTest {

    private static final GatewayServices NOTHING_CALLED = new GatewayServices(
            GatewayTest::resolve,
            (batch, request) -> {
                throw new AssertionError(batch + " was asked");
            },
            job -> {
                throw new AssertionError("the schema of " + job.name() + " was compared");
            },
            (rejected, submission) -> rejected,
            new SubmissionQueue(SubmissionQueue.Limits.DEFAULT, new StuckThreads()),
            new GatewayServices.RegisterClient() {
                @Override
                public <T> CompletionStage<T> ask(Function<ActorRef<T>, BatchRegisterCommand> question) {
                    throw new AssertionError("the register was asked");
                }
            },
            new GatewayServices.BatchClient() {
                @Override
                public <T> CompletionStage<T> ask(BatchId batch, Function<ActorRef<T>, BatchCommand> question) {
                    throw new AssertionError(batch + " was asked");
                }
            },
            () -> null,
            Runnable::run);

    private static final NodeQueries NO_OTHER_NODE = new NodeQueries() {
        @Override
        public NodeList.NodeDescription self() {
            throw new AssertionError("the node was described");
        }

        @Override
        public CompletionStage<NodeList> list() {
            throw new AssertionError("the nodes were listed");
        }

        @Override
        public boolean isNode(Address address) {
            return false;
        }
    };

    private final Map<Role, String> secrets = new EnumMap<>(Role.class);
    private final BehaviorTestKit<GatewayCommand> gateway;

    GatewayTest() {
        List<Token> tokens = List.of(Role.values()).stream()
                .map(role -> {
                    String secret = Token.random();
                    secrets.put(role, secret);
                    return new Token("the-" + role, role, Token.digest(secret));
                })
                .toList();
        gateway = gateway(tokens, NOTHING_CALLED, () -> 0);
    }

    private static BehaviorTestKit<GatewayCommand> gateway(
            List<Token> tokens, GatewayServices services, LongSupplier nanos) {
        RequestForwarder requests = new RequestForwarder(services);
        BatchQueries batches = new BatchQueries(requests, new Ledger("jdbc:none:", "", ""), Runnable::run, Prices.NONE);
        return BehaviorTestKit.create(Gateway.create(
                new GatewayAccess(() -> new Tokens(tokens), 1_000),
                batches,
                new BatchOperations(
                        requests,
                        batches,
                        new BatchRetention(
                                new Ledger("jdbc:none:", "", ""),
                                (batch, command) -> {
                                    throw new AssertionError(batch + " was told");
                                },
                                InstantSource.system()),
                        Runnable::run),
                noJobs(),
                NO_OTHER_NODE,
                new AlertQueries(
                        GatewayTest::outbox,
                        GatewayTest::test,
                        batches,
                        batch -> List.of(),
                        "node:1",
                        Runnable::run,
                        InstantSource.system()),
                new ModelOperations(
                        new ModelRegistry(Path.of("no-such-home")),
                        () -> new Ledger("jdbc:none:", "", ""),
                        Runnable::run),
                nanos));
    }

    /// Answers every question about jobs that there is none, and names the question.
    private static AppliedJobs noJobs() {
        return (AppliedJobs) Proxy.newProxyInstance(
                AppliedJobs.class.getClassLoader(), new Class<?>[] {AppliedJobs.class}, (self, method, arguments) -> {
                    throw ProblemException.notFound("job", method.getName());
                });
    }

    private static CompletionStage<AlertReply> outbox(Function<ActorRef<AlertReply>, AlertCommand> question) {
        throw new AssertionError("the outbox was asked");
    }

    private static CompletionStage<AlertSender.Outcome> test(String channel) {
        throw FailureException.permanent("there is no channel " + channel);
    }

    private static Submission resolve(Job job, boolean fresh) {
        throw new AssertionError(job.name() + " was resolved");
    }

    private <T extends Record> Problem problem(
            @Nullable String token, Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request) {
        TestInbox<GatewayReply<T>> inbox = TestInbox.create();
        GatewayCommand.Request asked = request.apply(inbox.getRef());
        gateway.run(token == null ? asked : new GatewayCommand.Authenticated(token, asked));
        assertThat(inbox.hasMessages()).as("an answer").isTrue();
        return ((GatewayReply.Declined<T>) inbox.receiveMessage()).problem();
    }

    private static GatewayCommand.Request submit(ActorRef<GatewayReply<SubmitResult>> replyTo) {
        return new GatewayCommand.Submit("job: [", false, null, replyTo, Map.of(), false, null);
    }

    private static GatewayCommand.Request compareSchema(ActorRef<GatewayReply<SchemaReport>> replyTo) {
        return new GatewayCommand.CompareSchema("job: [", Map.of(), replyTo);
    }

    private static GatewayCommand.Request control(ActorRef<GatewayReply<ControlResult>> replyTo) {
        return new GatewayCommand.Control("latest", new BatchControl.Rescore(List.of()), replyTo);
    }

    private static GatewayCommand.Request list(ActorRef<GatewayReply<BatchPage>> replyTo) {
        return new GatewayCommand.List(null, "walking", 1, null, replyTo);
    }

    @Test
    void nodesAreDescribedToNodesOnlyWithoutAToken() {
        assertThat(this.<NodeList>problem(null, GatewayCommand.ListNodes::new).status())
                .isEqualTo(401);
        assertThat(this.<NodeList.NodeDescription>problem(null, GatewayCommand.DescribeNode::new)
                        .status())
                .isEqualTo(401);
    }

    @Test
    void listingAlertsNeedsReadAndTestingChannelsAdmin() {
        assertThat(this.<AlertPage>problem(null, replyTo -> new GatewayCommand.ListAlerts(true, 20, null, replyTo))
                        .status())
                .isEqualTo(401);
        assertThat(this.<AlertPage>problem(
                                secret(Role.READ), replyTo -> new GatewayCommand.ListAlerts(true, 101, null, replyTo))
                        .detail())
                .startsWith("The limit is invalid");
        assertThat(this.<AlertPage>problem(
                                secret(Role.READ), replyTo -> new GatewayCommand.ListAlerts(true, 20, "x", replyTo))
                        .detail())
                .startsWith("The cursor is invalid");
        assertThat(this.<AlertTestResult>problem(
                                secret(Role.SUBMIT), replyTo -> new GatewayCommand.TestAlertChannel("ops", replyTo))
                        .status())
                .isEqualTo(403);
        assertThat(this.<VerificationResult>problem(
                                secret(Role.SUBMIT),
                                replyTo -> new GatewayCommand.ReportVerification("latest", true, "fine", replyTo))
                        .status())
                .isEqualTo(403);
        assertThat(this.<VerificationResult>problem(
                                secret(Role.ADMIN),
                                replyTo -> new GatewayCommand.ReportVerification("latest", true, " ", replyTo))
                        .detail())
                .startsWith("The summary is invalid");
        Problem unknown = this.<AlertTestResult>problem(
                secret(Role.ADMIN), replyTo -> new GatewayCommand.TestAlertChannel("ops", replyTo));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.detail()).isEqualTo("There is no channel ops.");
    }

    @Test
    void aliasesAreMovedWithTheRoleModelsAndTheirHistoryIsReadWithAny() {
        this.<AliasChange>modelRequest(
                Role.MODELS,
                replyTo ->
                        new GatewayCommand.PromoteModel("churn", new PromoteRequest("4", null, null, null), replyTo));
        this.<RollbackResult>modelRequest(
                Role.MODELS,
                replyTo ->
                        new GatewayCommand.RollBackModel("churn", new RollbackRequest(4, null, null, null), replyTo));
        this.<ModelHistory>modelRequest(Role.READ, replyTo -> new GatewayCommand.ReadModelHistory("churn", replyTo));
        assertThat(this.<AliasChange>problem(
                                secret(Role.MODELS),
                                replyTo -> new GatewayCommand.PromoteModel(
                                        "churn", new PromoteRequest("4", "No Alias", null, null), replyTo))
                        .detail())
                .startsWith("The alias is invalid");
        assertThat(this.<AliasChange>problem(
                                secret(Role.MODELS),
                                replyTo -> new GatewayCommand.PromoteModel(
                                        "churn", new PromoteRequest("4", null, null, "x".repeat(1_001)), replyTo))
                        .detail())
                .startsWith("The reason is too long");
    }

    private <T extends Record> void modelRequest(
            Role needed, Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request) {
        assertThat(problem(null, request).status()).isEqualTo(401);
        for (Role role : Role.values()) {
            Problem problem = problem(secret(role), request);
            assertThat(problem.status()).as("%s", role).isEqualTo(role.covers(needed) ? 404 : 403);
        }
    }

    @Test
    void requestsAboutJobsNeedTheRolesOfBatches() {
        BackfillRequest days = new BackfillRequest("2026-11-01", "2026-11-02", 1, false, null);
        this.<AppliedJob>jobRequest(Role.READ, "show", replyTo -> new GatewayCommand.DescribeJob("a", replyTo));
        this.<JobRunPage>jobRequest(
                Role.READ,
                "runs",
                replyTo -> new GatewayCommand.ListRuns("a", null, null, true, false, 20, null, replyTo));
        this.<BackfillPlan>jobRequest(
                Role.READ, "planBackfill", replyTo -> new GatewayCommand.PlanBackfill("a", days, replyTo));
        this.<BackfillList>jobRequest(
                Role.READ, "backfills", replyTo -> new GatewayCommand.ListBackfills("a", replyTo));
        this.<Backfill>jobRequest(
                Role.READ, "backfill", replyTo -> new GatewayCommand.DescribeBackfill("a", "b", replyTo));
        this.<ApplyResult>jobRequest(
                Role.SUBMIT, "apply", replyTo -> new GatewayCommand.ApplyJob("a", "job: a", null, replyTo));
        this.<JobRun>jobRequest(
                Role.SUBMIT, "trigger", replyTo -> new GatewayCommand.TriggerJob("a", Map.of(), null, replyTo));
        this.<Backfill>jobRequest(
                Role.SUBMIT, "startBackfill", replyTo -> new GatewayCommand.StartBackfill("a", days, null, replyTo));
        this.<AppliedJob>jobRequest(Role.ADMIN, "pause", replyTo -> new GatewayCommand.PauseJob("a", "", replyTo));
        this.<AppliedJob>jobRequest(Role.ADMIN, "resume", replyTo -> new GatewayCommand.ResumeJob("a", replyTo));
        this.<AppliedJob>jobRequest(Role.ADMIN, "delete", replyTo -> new GatewayCommand.DeleteJob("a", replyTo));
        this.<Backfill>jobRequest(
                Role.ADMIN,
                "controlBackfill",
                replyTo -> new GatewayCommand.ControlBackfill("a", "b", BackfillControl.PAUSE, replyTo));
    }

    /// @param method of [AppliedJobs] that an admitted request calls
    private <T extends Record> void jobRequest(
            Role needed, String method, Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request) {
        assertThat(problem(null, request).status()).as(method).isEqualTo(401);
        for (Role role : Role.values()) {
            Problem problem = problem(secret(role), request);
            if (role.covers(needed)) {
                assertThat(problem.status()).as("%s of %s", method, role).isEqualTo(404);
                assertThat(problem.detail()).isEqualTo(method);
            } else {
                assertThat(problem.status()).as("%s of %s", method, role).isEqualTo(403);
            }
        }
    }

    private String secret(Role role) {
        return Objects.requireNonNull(secrets.get(role));
    }

    @Test
    void aJobFileIsRefusedThatDoesMoreThanTheRoleOfItsCaller() {
        String job = """
                job: churn
                model: churn@champion
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions%s}
                %s
                """;
        String rollout = "rollout: {candidate: churn@2, guards: {latency: 2}, on-pass: promote}";
        try (AuditLines lines = new AuditLines()) {
            assertThat(submitted(job.formatted(", retention: {keep: 1}", "")))
                    .isEqualTo(
                            "The token the-submit has the role submit, but destination.retention in the job file needs the role admin, because it deletes published batches. Remove it, or ask someone with this role to apply the job.");
            assertThat(submitted(job.formatted("", rollout)))
                    .contains("rollout.on-pass: promote in the job file needs the role models");
            assertThat(lines.all())
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line)
                            .startsWith("action=submit subject=churn outcome=denied who=the-submit role=submit "));
        }
    }

    private String submitted(String job) {
        Problem problem = this.<SubmitResult>problem(
                secret(Role.SUBMIT),
                replyTo -> new GatewayCommand.Submit(job, false, null, replyTo, Map.of(), false, null));
        assertThat(problem.status()).isEqualTo(403);
        return problem.detail();
    }

    /// Submits a job whose inspection takes some time.
    ///
    /// @param timeout of the caller
    /// @param register is asked for a batch
    private static TestInbox<GatewayReply<SubmitResult>> submitSlowly(
            Duration timeout, Duration inspection, GatewayServices.RegisterClient register) {
        AtomicLong now = new AtomicLong(Long.MAX_VALUE);
        String secret = Token.random();
        GatewayServices slow = new GatewayServices(
                (job, fresh) -> {
                    now.addAndGet(inspection.toNanos());
                    return new Submission(
                            job,
                            JobFingerprint.of(job),
                            "01".repeat(32),
                            new ModelVersion("churn", 1, "02".repeat(32)));
                },
                NOTHING_CALLED.rescores(),
                NOTHING_CALLED.schemas(),
                NOTHING_CALLED.changedInput(),
                NOTHING_CALLED.queue(),
                register,
                NOTHING_CALLED.batches(),
                NOTHING_CALLED.journalProblem(),
                NOTHING_CALLED.blocking());
        List<Token> tokens = List.of(new Token("web", Role.SUBMIT, Token.digest(secret)));
        TestInbox<GatewayReply<SubmitResult>> answers = TestInbox.create();
        String job = "{job: churn, model: churn@1, source: {parquet: /in/*.parquet}, destination: {parquet: /out}}";
        gateway(tokens, slow, now::get)
                .run(new GatewayCommand.Authenticated(
                        secret,
                        new GatewayCommand.Submit(job, false, null, answers.getRef(), Map.of(), false, timeout)));
        return answers;
    }

    @Test
    void aSubmissionWhoseCallerHasStoppedWaitingOpensNoBatch() {
        Duration timeout = Duration.ofSeconds(50);

        TestInbox<GatewayReply<SubmitResult>> answers = submitSlowly(timeout, timeout, NOTHING_CALLED.register());

        await().atMost(Duration.ofMinutes(2)).until(answers::hasMessages);
        Problem problem = ((GatewayReply.Declined<SubmitResult>) answers.receiveMessage()).problem();
        assertThat(problem.status()).isEqualTo(503);
        assertThat(problem.detail()).startsWith("Nothing was started: the caller no longer waits for the answer");
    }

    @Test
    void aSubmissionWhoseCallerStillWaitsOpensABatch() {
        Duration timeout = Duration.ofSeconds(50);
        for (Duration inspection : List.of(Duration.ZERO, timeout.minusNanos(1))) {
            AtomicBoolean isAsked = new AtomicBoolean();

            TestInbox<GatewayReply<SubmitResult>> answers =
                    submitSlowly(timeout, inspection, new GatewayServices.RegisterClient() {
                        @Override
                        public <T> CompletionStage<T> ask(Function<ActorRef<T>, BatchRegisterCommand> question) {
                            isAsked.set(true);
                            return new CompletableFuture<>();
                        }
                    });

            await().atMost(Duration.ofMinutes(2)).until(() -> isAsked.get() || answers.hasMessages());
            assertThat(answers.getAllReceived()).isEmpty();
        }
    }

    @Test
    void aRefusedJobFileIsLoggedWithItsCaller() {
        try (AuditLines lines = new AuditLines()) {
            problem(secret(Role.SUBMIT), GatewayTest::submit);

            assertThat(lines.all())
                    .singleElement()
                    .asString()
                    .startsWith("action=submit subject=- outcome=refused who=the-submit ");
        }
    }

    @Test
    void eachRequestNeedsATokenOfItsRole() {
        for (Role role : Role.values()) {
            String token = secret(role);
            assertThat(problem(token, GatewayTest::list).status()).isEqualTo(400);
            assertThat(problem(token, GatewayTest::submit).status()).isEqualTo(role.covers(Role.SUBMIT) ? 422 : 403);
            assertThat(problem(token, GatewayTest::compareSchema).status())
                    .isEqualTo(role.covers(Role.SUBMIT) ? 422 : 403);
            assertThat(problem(token, GatewayTest::control).status()).isEqualTo(role == Role.ADMIN ? 400 : 403);
        }
        assertThat(problem(secret(Role.READ), GatewayTest::submit).detail())
                .isEqualTo("The token the-read has the role read, but the request needs the role submit.");
    }

    @Test
    void withoutAKnownTokenNoRequestIsAdmitted() {
        for (String token : new String[] {null, Token.random(), ""}) {
            assertThat(problem(token, GatewayTest::list).status()).isEqualTo(401);
            assertThat(problem(token, GatewayTest::submit).status()).isEqualTo(401);
            assertThat(problem(token, GatewayTest::compareSchema).status()).isEqualTo(401);
            assertThat(problem(token, GatewayTest::control).status()).isEqualTo(401);
        }
        assertThat(problem(null, GatewayTest::list).detail())
                .isEqualTo("No token was sent. Send each request in a message Authenticated.");
    }

    @Test
    void theTextOfARequestDoesNotContainItsToken() {
        String token = secret(Role.ADMIN);
        GatewayCommand request = new GatewayCommand.Authenticated(
                token,
                GatewayTest.list(TestInbox.<GatewayReply<BatchPage>>create().getRef()));
        assertThat(request.toString()).contains("walking").doesNotContain(token);
    }
}
