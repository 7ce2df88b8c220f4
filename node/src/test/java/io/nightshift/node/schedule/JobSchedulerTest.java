package io.nightshift.node.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.Problem;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.node.gateway.AuditLines;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What may be applied. Runs of applied jobs are not checked again.
@SuppressWarnings("NullAway") // No run is looked at.
class JobSchedulerTest {

    private static final String JOB = """
            job: churn
            parameters: {day: date}
            model: churn@champion
            source: {parquet: '/lake/{day}.parquet'}
            destination: {parquet: /predictions}
            """;

    private final List<JobCatalogueCommand> asked = new ArrayList<>();
    private JobScheduler.RunCheck check = (caller, job) -> CompletableFuture.completedFuture(Optional.empty());
    private final JobScheduler scheduler = new JobScheduler(
            new JobScheduler.Jobs() {
                @Override
                public <T extends Record> CompletionStage<ScheduledJobReply<T>> ask(
                        String job, Function<ActorRef<ScheduledJobReply<T>>, ScheduledJobCommand> question) {
                    throw new AssertionError(job + " was asked");
                }
            },
            question -> {
                asked.add(question.apply(
                        TestInbox.<JobCatalogueCommand.JobNames>create().getRef()));
                return new CompletableFuture<>();
            },
            new RunStates(new BatchQueries(null, new Ledger("jdbc:none:", "", ""), Runnable::run, Prices.NONE)),
            Clock.systemUTC(),
            Set.of(),
            (caller, job) -> check.check(caller, job));

    private void apply(Role role, String text) {
        scheduler.apply(new Caller("ci", role, "10.0.0.7"), text, null, null);
    }

    private Problem refusal(Role role, String text) {
        ProblemException[] refusal = new ProblemException[1];
        assertThatThrownBy(() -> apply(role, text))
                .isInstanceOfSatisfying(ProblemException.class, thrown -> refusal[0] = thrown);
        assertThat(asked).isEmpty();
        return refusal[0].problem();
    }

    /// The job has a parameter without a default, so that no run is known when it is applied.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "destination: {parquet: /predictions, retention: {keep: 1}}",
                "destination: {retention: {for: 1d}, parquet: /predictions}",
                "rollout: {candidate: churn@2, guards: {latency: 2}, on-pass: promote}",
                "rollout: {on-pass: Promote}",
                "rollout: {on-pass: [promote]}",
                "rollout: {candidate: 'mlflow:/churn@champion', mode: shadow}",
                "rollout: {candidate: ['mlflow:/churn@champion'], mode: shadow}",
                "parameters: {model: text}\nrollout: {candidate: '{model}', mode: shadow}",
            })
    void whoMayOnlySubmitAppliesNoJobThatDeletesBatchesOrMovesAnAlias(String section) {
        String text = JOB.replaceAll("(?m)^" + section.substring(0, section.indexOf(':')) + ":.*\n", "") + section;
        try (AuditLines lines = new AuditLines()) {
            assertThat(refusal(Role.SUBMIT, text).status()).isEqualTo(403);
            assertThat(lines.all())
                    .singleElement()
                    .asString()
                    .startsWith("action=apply-job subject=churn outcome=denied who=ci role=submit from=10.0.0.7 ");
        }
        apply(Role.ADMIN, text);
        assertThat(asked).hasSize(1);
    }

    @Test
    void otherJobsAreApplied() {
        apply(Role.SUBMIT, JOB + "rollout: {candidate: churn@2, guards: {latency: 2}, on-pass: keep}");

        assertThat(asked).hasSize(1);
    }

    @Test
    void aJobIsAppliedIfItCannotBeCheckedNow() {
        check = (caller, job) -> {
            throw ProblemException.tooMany("The node has 1,000 submissions that wait to be inspected.", 5);
        };

        apply(Role.SUBMIT, JOB.replace("parameters: {day: date}\n", "").replace("{day}", "new"));

        assertThat(asked).hasSize(1);
    }

    @Test
    void aRefusedJobFileIsLoggedWithItsCaller() {
        try (AuditLines lines = new AuditLines()) {
            assertThat(refusal(Role.SUBMIT, "job: [").status()).isEqualTo(422);
            assertThat(lines.all())
                    .singleElement()
                    .asString()
                    .startsWith("action=apply-job subject=- outcome=refused who=ci ");
        }
    }
}
