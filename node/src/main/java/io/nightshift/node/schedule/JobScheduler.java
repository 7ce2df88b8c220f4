package io.nightshift.node.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.AppliedJobList;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.BackfillRuns;
import io.nightshift.coordinator.schedule.JobTexts;
import io.nightshift.coordinator.schedule.SampleRun;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.JobPermissions;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.JobHeader;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.JobCatalogueCommand.JobNames;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Applied jobs as this node reaches them: it asks the actors of the jobs, wherever they run.
public final class JobScheduler implements AppliedJobs {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");
    private static final int LONGEST_REASON = 1_000;
    private static final int MOST_RUNS = 200;
    private static final int LONGEST_VALUE = 1_000;

    /// How long [#trigger] waits for the batch of the run, and how often it looks.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofMillis(200);

    /// How long [#apply] waits for the check of the next run. A source with very many files takes longer.
    private static final Duration CHECK_PATIENCE = Duration.ofSeconds(20);

    private static final Optional<String> CHECK_TIMED_OUT = Optional.empty();

    private final Jobs jobs;
    private final Catalogue catalogue;
    private final RunStates states;
    private final Clock clock;
    private final Set<String> channels;
    private final RunCheck check;

    /// Checks a run as its submission would, without opening a batch.
    @FunctionalInterface
    public interface RunCheck {
        /// @return the reason why the job can't run until somebody changes it; empty if it can run, or if only its
        ///     input, destination or registry is missing. Fails if that can't be known now
        /// @throws ProblemException if the node has too many submissions to inspect
        CompletionStage<Optional<String>> check(String caller, Job job);
    }

    /// Asks an applied job, wherever it runs. Fails if no answer comes in time.
    @FunctionalInterface
    public interface Jobs {
        <T extends Record> CompletionStage<ScheduledJobReply<T>> ask(
                String job, Function<ActorRef<ScheduledJobReply<T>>, ScheduledJobCommand> question);
    }

    /// Asks the catalogue of applied jobs, wherever it runs. Fails if no answer comes in time.
    @FunctionalInterface
    public interface Catalogue {
        CompletionStage<JobNames> ask(Function<ActorRef<JobNames>, JobCatalogueCommand> question);
    }

    /// @param channels the names of the channels that alerts of jobs may be sent to
    /// @param check of the next run of a job that is applied
    JobScheduler(Jobs jobs, Catalogue catalogue, RunStates states, Clock clock, Set<String> channels, RunCheck check) {
        this.jobs = jobs;
        this.catalogue = catalogue;
        this.states = states;
        this.clock = clock;
        this.channels = Set.copyOf(channels);
        this.check = check;
    }

    @Override
    public CompletionStage<ApplyResult> apply(
            Caller caller, String text, @Nullable String folder, @Nullable String expected) {
        JobHeader header;
        try {
            header = checked(text, folder, expected);
        } catch (ProblemException e) {
            AuditLog.refused(caller, "apply-job", expected, e);
            throw e;
        }
        // The runs of an applied job are not checked again. So the role is checked whenever the job is applied.
        JobPermissions.check(caller, "apply-job", header.name(), header.effects());
        String job = header.name();
        String effects = JobPermissions.text(header.effects());
        return logged(
                caller,
                "apply-job",
                job,
                tried(caller, text, folder, header)
                        .thenCompose(checked -> answered(
                                catalogue.ask(replyTo -> new JobCatalogueCommand.Add(job, replyTo)),
                                "the catalogue of jobs"))
                        .thenCompose(entered -> this.<ApplyResult>ask(
                                job, replyTo -> new ScheduledJobCommand.Apply(text, folder, caller.name(), replyTo))),
                result -> "revision " + result.job().revision() + (effects.isEmpty() ? "" : ", " + effects));
    }

    /// Checks the job as the submission of its next run would. A missing input, destination or registry may be back
    /// when the run is due. So only a mistake in the job is a reason to refuse it.
    private CompletionStage<Boolean> tried(Caller caller, String text, @Nullable String folder, JobHeader header) {
        Job sample;
        try {
            sample = JobTexts.job(
                    text, folder, SampleRun.of(header, clock.instant()).orElse(Map.of()));
        } catch (JobFileException e) {
            // The job has parameters that only a caller can set.
            return CompletableFuture.completedFuture(false);
        }
        CompletionStage<Optional<String>> checked;
        try {
            checked = check.check(caller.name(), sample);
        } catch (ProblemException e) {
            // The node has too many submissions to inspect.
            return CompletableFuture.completedFuture(false);
        }
        return checked.toCompletableFuture()
                .completeOnTimeout(CHECK_TIMED_OUT, CHECK_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .handle((refusal, problem) -> {
                    if (problem == null && refusal.isPresent()) {
                        throw ProblemException.rejected(
                                "No run of the job %s could start: %s".formatted(header.name(), refusal.get()));
                    }
                    return problem == null;
                });
    }

    private JobHeader checked(String text, @Nullable String folder, @Nullable String expected) {
        if (folder != null && !java.nio.file.Path.of(folder).isAbsolute()) {
            throw ProblemException.badRequest(
                    "The folder %s is not an absolute path. Send one, or a job file whose paths are absolute."
                            .formatted(folder));
        }
        WireLimits.refusal(text).ifPresent(reason -> {
            throw ProblemException.tooLarge(reason);
        });
        JobHeader header = header(text, folder);
        String refusal = AlertConfiguration.refusal(header.alerts(), channels);
        if (refusal != null) {
            throw ProblemException.rejected(refusal.endsWith("?") ? refusal : refusal + ".");
        }
        String job = name(header.name());
        if (expected != null && !expected.equals(job)) {
            throw ProblemException.badRequest(
                    "The job file is that of the job %s, not of %s.".formatted(job, expected));
        }
        return header;
    }

    /// Checks the job file with the parameters of its next run, so that a mistake shows now and not at night.
    private JobHeader header(String text, @Nullable String folder) {
        try {
            JobHeader header = JobTexts.header(text, folder);
            SampleRun.of(header, clock.instant()).ifPresent(parameters -> JobTexts.job(text, folder, parameters));
            return header;
        } catch (JobFileException e) {
            throw ProblemException.jobFile(e);
        }
    }

    @Override
    public CompletionStage<AppliedJobList> list() {
        return answered(catalogue.ask(JobCatalogueCommand.ListNames::new), "the catalogue of jobs")
                .thenCompose(names -> {
                    List<CompletableFuture<ScheduledJobReply<AppliedJob>>> asked = names.jobs().stream()
                            .map(job -> answered(
                                            jobs.<AppliedJob>ask(job, ScheduledJobCommand.Show::new), "the job " + job)
                                    .toCompletableFuture())
                            .toList();
                    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                            .thenApply(all -> new AppliedJobList(asked.stream()
                                    .flatMap(reply -> described(reply.join()))
                                    .toList()));
                });
    }

    /// A job that was deleted a moment ago is left out.
    private static Stream<AppliedJob> described(ScheduledJobReply<AppliedJob> reply) {
        return reply instanceof ScheduledJobReply.Succeeded<AppliedJob>(AppliedJob job)
                ? Stream.of(job.withoutText())
                : Stream.empty();
    }

    @Override
    public CompletionStage<AppliedJob> show(String job) {
        return ask(name(job), ScheduledJobCommand.Show::new);
    }

    @Override
    public CompletionStage<AppliedJob> pause(Caller caller, String job, String reason) {
        if (reason.length() > LONGEST_REASON) {
            throw ProblemException.badRequest(
                    String.format(Locale.ROOT, "The reason is too long. Send at most %,d characters.", LONGEST_REASON));
        }
        return logged(
                caller,
                "pause-job",
                name(job),
                ask(job, replyTo -> new ScheduledJobCommand.Pause(reason, caller.name(), replyTo)),
                paused -> reason);
    }

    @Override
    public CompletionStage<AppliedJob> resume(Caller caller, String job) {
        return logged(
                caller,
                "resume-job",
                name(job),
                ask(job, replyTo -> new ScheduledJobCommand.Resume(caller.name(), replyTo)),
                resumed -> "");
    }

    @Override
    public CompletionStage<JobRun> trigger(
            Caller caller, String job, Map<String, String> parameters, @Nullable String id) {
        parameters.forEach((name, value) -> {
            if (name.length() + value.length() > LONGEST_VALUE) {
                throw ProblemException.badRequest(String.format(
                        Locale.ROOT,
                        "The parameter %.60s is too long. Send at most %,d characters.",
                        name,
                        LONGEST_VALUE));
            }
        });
        String run = id(id);
        return logged(
                caller,
                "trigger-job",
                name(job),
                show(job).thenCompose(applied -> {
                    requireValid(applied, parameters);
                    return started(
                            job,
                            replyTo -> new ScheduledJobCommand.Trigger(run, parameters, caller.name(), replyTo),
                            System.nanoTime() + PATIENCE.toNanos());
                }),
                started -> started.run());
    }

    private static void requireValid(AppliedJob applied, Map<String, String> parameters) {
        try {
            JobTexts.job(String.valueOf(applied.text()), applied.folder(), parameters);
        } catch (JobFileException e) {
            throw ProblemException.jobFile(e);
        }
    }

    private CompletionStage<JobRun> started(
            String job, Function<ActorRef<ScheduledJobReply<JobRun>>, ScheduledJobCommand> question, long deadline) {
        return ask(job, question)
                .thenCompose(run -> run.state().equals("waiting") && System.nanoTime() - deadline < 0
                        ? CompletableFuture.supplyAsync(
                                        () -> started(job, question, deadline),
                                        CompletableFuture.delayedExecutor(LOOK.toMillis(), TimeUnit.MILLISECONDS))
                                .thenCompose(next -> next)
                        : CompletableFuture.completedFuture(run));
    }

    @Override
    public CompletionStage<AppliedJob> delete(Caller caller, String job) {
        return logged(
                caller,
                "delete-job",
                name(job),
                ask(job, replyTo -> new ScheduledJobCommand.Delete(caller.name(), replyTo)),
                deleted -> "");
    }

    @Override
    public CompletionStage<JobRunPage> runs(String job, RunFilter filter, @Nullable String cursor, int limit) {
        if (limit < 1 || limit > MOST_RUNS) {
            throw ProblemException.badRequest(
                    "The parameter limit is invalid. Send a number from 1 to %d.".formatted(MOST_RUNS));
        }
        return show(job).thenCompose(applied -> {
            Instant from = filter.from() == null && filter.missing() ? applied.firstAppliedAt() : filter.from();
            return this.<JobRunPage>ask(
                            job, replyTo -> new ScheduledJobCommand.Runs(from, filter.to(), limit, cursor, replyTo))
                    .thenCompose(page -> states.now(applied, page.runs())
                            .thenApply(runs -> new JobRunPage(
                                    runs.stream().filter(filter::accepts).toList(), page.next())));
        });
    }

    @Override
    public CompletionStage<Backfill> startBackfill(
            Caller caller, String job, BackfillRequest request, @Nullable String id) {
        String backfill = id(id);
        return logged(
                caller,
                "start-backfill",
                name(job),
                ask(job, replyTo -> new ScheduledJobCommand.StartBackfill(backfill, request, caller.name(), replyTo)),
                started -> "%s, %d runs from %s to %s"
                        .formatted(started.id(), started.runs(), started.from(), started.to()));
    }

    @Override
    public CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request) {
        return show(job).thenCompose(applied -> {
            List<JobRun> runs = new ArrayList<>();
            try {
                JobHeader header = JobTexts.header(String.valueOf(applied.text()), applied.folder());
                for (BackfillRuns.PlannedRun run : BackfillRuns.of(header, request)) {
                    runs.add(planned(applied, run));
                }
            } catch (BackfillRuns.InvalidRequestException e) {
                throw ProblemException.badRequest(String.valueOf(e.getMessage()));
            } catch (JobFileException e) {
                throw ProblemException.jobFile(e);
            }
            return states.now(applied, runs)
                    .thenApply(now -> new BackfillPlan(
                            job,
                            now.stream()
                                    .map(run -> new BackfillPlan.PlannedRun(run, starts(run, request)))
                                    .toList()));
        });
    }

    private JobRun planned(AppliedJob applied, BackfillRuns.PlannedRun run) {
        return new JobRun(
                "backfill",
                "backfill",
                run.tick(),
                run.parameters(),
                "missing",
                null,
                null,
                applied.revision(),
                clock.instant(),
                null,
                null);
    }

    private static boolean starts(JobRun run, BackfillRequest request) {
        return switch (run.state()) {
            case "running" -> false;
            case "published" -> request.all();
            default -> true;
        };
    }

    @Override
    public CompletionStage<BackfillList> backfills(String job) {
        return ask(name(job), replyTo -> new ScheduledJobCommand.ShowBackfills(null, replyTo));
    }

    @Override
    public CompletionStage<Backfill> backfill(String job, String id) {
        return this.<BackfillList>ask(name(job), replyTo -> new ScheduledJobCommand.ShowBackfills(id, replyTo))
                .thenApply(list -> list.backfills().getFirst());
    }

    @Override
    public CompletionStage<Backfill> controlBackfill(Caller caller, String job, String id, BackfillControl control) {
        return logged(
                caller,
                control.verb() + "-backfill",
                name(job),
                ask(job, replyTo -> new ScheduledJobCommand.ControlBackfill(id, control, caller.name(), replyTo)),
                changed -> changed.id());
    }

    private static String name(String job) {
        if (!NAME.matcher(job).matches()) {
            throw ProblemException.notFound("job", "No job %.120s is applied.".formatted(job));
        }
        return job;
    }

    private static String id(@Nullable String given) {
        if (given != null && !ID.matcher(given).matches()) {
            throw ProblemException.badRequest("The ID is invalid. Send 1 to 100 letters, digits, - and _.");
        }
        return given == null ? UUID.randomUUID().toString().substring(0, 13) : given;
    }

    private <T extends Record> CompletionStage<T> ask(
            String job, Function<ActorRef<ScheduledJobReply<T>>, ScheduledJobCommand> question) {
        return answered(jobs.ask(job, question), "the job " + job).thenApply(reply -> switch (reply) {
            case ScheduledJobReply.Succeeded<T>(T value) -> value;
            case ScheduledJobReply.Declined<T>(ScheduledJobReply.Reason reason, String text) ->
                throw switch (reason) {
                    case UNKNOWN -> ProblemException.notFound("job", text);
                    case INVALID -> ProblemException.badRequest(text);
                    case CONFLICT -> ProblemException.conflict(text);
                };
        });
    }

    /// @param who does not answer, if there is no answer
    private static <T> CompletionStage<T> answered(CompletionStage<T> asked, String who) {
        return asked.exceptionally(thrown -> {
            Throwable cause =
                    thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
            throw cause instanceof TimeoutException
                    ? ProblemException.unavailable(who + " does not answer; its node may just have been lost")
                    : ProblemException.of(cause);
        });
    }

    private static <T> CompletionStage<T> logged(
            Caller caller, String action, String job, CompletionStage<T> change, Function<T, String> detail) {
        return change.whenComplete((result, problem) -> {
            if (problem == null) {
                AuditLog.log(caller, action, job, "done", detail.apply(result));
                return;
            }
            ProblemException known = ProblemException.of(problem);
            AuditLog.log(
                    caller,
                    action,
                    job,
                    known.problem().status() < 500 ? "refused" : "failed",
                    String.valueOf(known.getMessage()));
        });
    }
}
