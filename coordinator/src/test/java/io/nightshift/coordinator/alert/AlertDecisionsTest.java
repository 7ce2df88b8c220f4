package io.nightshift.coordinator.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/// Single decisions of the outbox.
class AlertDecisionsTest {

    private static final AlertSubject BATCH = AlertSubject.of(new BatchId("churn-20261127t020000-3f9a"));
    private static final AlertSubject NODE = AlertSubject.node("node-b:7355");

    private final TestInbox<AlertReply> replies = TestInbox.create();
    private AlertDecisions outbox = new AlertDecisions(AlertSimulation.SETTINGS);
    private AlertState state = AlertState.EMPTY;
    private Instant now = Instant.parse("2026-11-27T02:13:05Z");

    private List<AlertDecision.Action> decide(AlertMessage message) {
        AlertDecision decision = outbox.decide(state, message, now);
        for (AlertEvent event : decision.events()) {
            state = state.apply(event);
        }
        return decision.actions();
    }

    private List<AlertDecision.Action> raise(AlertSubject subject, long version, String... channels) {
        return decide(new AlertMessage.CommandReceived(new AlertCommand.Raise(
                subject,
                subject.equals(NODE) ? AlertCause.NODE_EXCLUDED : AlertCause.FAILED,
                version,
                "churn",
                "It failed.",
                List.of(channels),
                replies.getRef())));
    }

    private List<AlertDecision.Action> resolve(long version) {
        return decide(new AlertMessage.CommandReceived(new AlertCommand.Resolve(
                BATCH, AlertCause.FAILED, version, "The batch is published.", replies.getRef())));
    }

    /// The messages that are sent now.
    private List<AlertNotification> sent() {
        return decide(new AlertMessage.Continue()).stream()
                .filter(AlertDecision.Send.class::isInstance)
                .map(action -> ((AlertDecision.Send) action).notification())
                .toList();
    }

    private void answer(AlertNotification message, AlertSender.Outcome outcome) {
        decide(new AlertMessage.SendEnded(state.last(), message.channel(), message.step(), message.attempt(), outcome));
    }

    private void restart() {
        outbox = new AlertDecisions(AlertSimulation.SETTINGS);
    }

    private static AlertSender.Outcome status(int status) {
        return AlertSender.Outcome.failed("the receiver answered with status " + status);
    }

    @Test
    void repetitionsAreAcknowledgedAndOpenOneIncident() {
        List<AlertDecision.Action> first = raise(BATCH, 7, "ops");
        List<AlertDecision.Action> again = raise(BATCH, 9, "ops");

        assertThat(state.live()).hasSize(1);
        assertThat(first)
                .containsExactly(new AlertDecision.Reply(
                        replies.getRef(), new AlertReply.Recorded(BATCH, AlertCause.FAILED, 7)));
        assertThat(again)
                .containsExactly(new AlertDecision.Reply(
                        replies.getRef(), new AlertReply.Recorded(BATCH, AlertCause.FAILED, 9)));
    }

    @Test
    void anAlertForNobodyIsAcknowledgedAndForgotten() {
        assertThat(raise(BATCH, 7)).hasSize(1);
        assertThat(state).isEqualTo(AlertState.EMPTY);
    }

    @Test
    void rulesOfTheConfigurationAddChannels() {
        AlertSettings settings = AlertSettings.of(
                List.of(
                        new AlertRule(List.of(AlertCause.FAILED), "page"),
                        new AlertRule(List.of(AlertCause.STALLED), "x")),
                Duration.ofMinutes(30),
                Duration.ofHours(1));
        outbox = new AlertDecisions(settings);

        raise(BATCH, 7, "ops", "page");

        assertThat(state.live().firstEntry().getValue().deliveries().sequencedKeySet())
                .containsExactly("ops", "page");
    }

    @Test
    void aFailedAttemptIsRepeatedWithItsKeyAfterABackoffOrRestart() {
        raise(BATCH, 7, "ops");
        AlertNotification first = sent().getFirst();
        assertThat(sent()).as("while the first attempt runs").isEmpty();
        answer(first, status(503));
        assertThat(sent()).as("before the backoff").isEmpty();
        restart();
        now = now.plusSeconds(3);
        assertThat(sent()).as("a restart does not hasten it").isEmpty();

        now = now.plusSeconds(2);
        AlertNotification second = sent().getFirst();

        assertThat(second.key()).isEqualTo(first.key()).startsWith("batch/churn-20261127t020000-3f9a/failed/");
        assertThat(first.attempt()).isEqualTo(1);
        assertThat(second.attempt()).isEqualTo(2);
    }

    @Test
    void theBackoffDoublesUpToItsLimit() {
        assertThat(AlertSimulation.SETTINGS.backoff(1, 0)).isBetween(Duration.ofMillis(4_500), Duration.ofSeconds(5));
        assertThat(AlertSimulation.SETTINGS.backoff(3, 0)).isBetween(Duration.ofSeconds(18), Duration.ofSeconds(20));
        assertThat(AlertSimulation.SETTINGS.backoff(500, 7)).isBetween(Duration.ofSeconds(270), Duration.ofMinutes(5));
    }

    @Test
    void aReceiverMayAskForMoreTimeButNotForHours() {
        raise(BATCH, 7, "ops");
        answer(sent().getFirst(), new AlertSender.Outcome(false, "429", Duration.ofHours(5)));

        now = now.plus(Duration.ofMinutes(9));
        assertThat(sent()).isEmpty();
        now = now.plus(Duration.ofMinutes(1));
        assertThat(sent()).hasSize(1);
    }

    @Test
    void theEndFollowsTheBeginningAndThenTheIncidentIsOver() {
        raise(BATCH, 7, "ops");
        AlertNotification begin = sent().getFirst();
        resolve(9);
        answer(begin, AlertSender.Outcome.delivered("200"));
        AlertNotification end = sent().getFirst();

        assertThat(begin.step()).isEqualTo(AlertStep.RAISED);
        assertThat(begin.resolution()).isNull();
        assertThat(end.step()).isEqualTo(AlertStep.RESOLVED);
        assertThat(end.key()).isEqualTo(begin.key());
        assertThat(end.resolution()).isEqualTo("The batch is published.");
        assertThat(end.attempt()).isEqualTo(1);
        answer(end, AlertSender.Outcome.delivered("200"));
        assertThat(state.live()).isEmpty();
        assertThat(state.ended()).hasSize(1);
    }

    @Test
    void anAcknowledgementOfAnEarlierOutboxCounts() {
        raise(BATCH, 7, "ops");
        AlertNotification first = sent().getFirst();
        restart();

        answer(first, AlertSender.Outcome.delivered("200"));

        now = now.plusSeconds(600);
        assertThat(sent()).isEmpty();
    }

    @Test
    void onlyMessagesNewerThanTheEndOpenAnotherIncident() {
        raise(BATCH, 7, "ops");
        AlertNotification first = sent().getFirst();
        answer(first, AlertSender.Outcome.delivered("200"));
        resolve(6);
        assertThat(state.open(BATCH, AlertCause.FAILED)).as("an old end").isPresent();
        resolve(9);
        raise(BATCH, 8, "ops");
        assertThat(state.open(BATCH, AlertCause.FAILED)).isEmpty();
        answer(sent().getFirst(), AlertSender.Outcome.delivered("200"));
        raise(BATCH, 9, "ops");
        assertThat(state.live()).isEmpty();

        now = now.plusSeconds(1);
        raise(BATCH, 10, "ops");

        assertThat(sent().getFirst().key()).isNotEqualTo(first.key());
    }

    @Test
    void aHangingChannelGetsOneMessageAtATimeAndHoldsUpNoOther() {
        raise(BATCH, 7, "ops", "chat");
        assertThat(sent()).extracting(AlertNotification::channel).containsExactlyInAnyOrder("ops", "chat");
        raise(AlertSubject.of(new BatchId("other")), 1, "ops", "page");

        assertThat(sent()).extracting(AlertNotification::channel).containsExactly("page");
    }

    @Test
    void aMessageIsGivenUpInTimeButTriedOnceMoreAfterALongRest() {
        raise(BATCH, 7, "ops");
        answer(sent().getFirst(), status(500));
        now = now.plus(Duration.ofHours(30));
        AlertNotification last = sent().getFirst();
        assertThat(last.attempt()).isEqualTo(2);

        answer(last, status(500));

        assertThat(state.live().firstEntry().getValue().deliveries().get("ops"))
                .extracting(AlertState.Delivery::stage)
                .isEqualTo(AlertState.Stage.GIVEN_UP);
        now = now.plusSeconds(3_600);
        assertThat(sent()).isEmpty();
        resolve(9);
        assertThat(state.live()).isEmpty();
    }

    @Test
    void batchesWithOpenIncidentsAreAskedEveryMinute() {
        raise(BATCH, 7, "ops");
        List<AlertDecision.Action> first = decide(new AlertMessage.Continue());
        List<AlertDecision.Action> second = decide(new AlertMessage.Continue());
        now = now.plusSeconds(60);
        List<AlertDecision.Action> third = decide(new AlertMessage.Continue());

        AlertDecision.Action question = new AlertDecision.AskBatch(new BatchId(BATCH.name()));
        assertThat(first).contains(question);
        assertThat(second).doesNotContain(question);
        assertThat(third).contains(question);
    }

    @Test
    void theIncidentOfANodeThatIsSilentEnds() {
        raise(NODE, 7, "ops");
        now = now.plus(Duration.ofMinutes(14));
        raise(NODE, 7, "ops");
        now = now.plus(Duration.ofMinutes(14));
        decide(new AlertMessage.Continue());
        assertThat(state.open(NODE, AlertCause.NODE_EXCLUDED)).isPresent();

        now = now.plus(Duration.ofMinutes(1));
        decide(new AlertMessage.Continue());

        assertThat(state.open(NODE, AlertCause.NODE_EXCLUDED)).isEmpty();
    }

    @Test
    void moreIncidentsThanTheLimitAreNotAcknowledged() {
        TreeMap<Long, AlertState.Incident> live = new TreeMap<>();
        raise(BATCH, 7, "ops");
        AlertState.Incident incident = state.live().firstEntry().getValue();
        for (long i = 0; i < AlertDecisions.MOST_LIVE; i++) {
            live.put(i, incident);
        }
        state = new AlertState(AlertDecisions.MOST_LIVE, live, List.of());

        assertThat(raise(NODE, 1, "ops")).isEmpty();
    }

    @Test
    void endedIncidentsLeaveTheStateExceptTheLast() {
        for (int i = 0; i < AlertState.KEPT + 20; i++) {
            raise(BATCH, i * 2L, "ops");
            answer(sent().getFirst(), AlertSender.Outcome.delivered("200"));
            resolve(i * 2L + 1);
            answer(sent().getFirst(), AlertSender.Outcome.delivered("200"));
            now = now.plusSeconds(1);
        }

        assertThat(state.live()).isEmpty();
        assertThat(state.ended()).hasSize(AlertState.KEPT);
        assertThat(state.last()).isEqualTo(AlertState.KEPT + 20L);
    }

    @Test
    void anEventAboutAnUnknownIncidentChangesNothing() {
        AlertState after = AlertState.EMPTY.apply(new AlertEvent.Delivered(now, 5, "ops", AlertStep.RAISED));

        assertThat(after.live()).isEmpty();
        assertThat(after.last()).isEqualTo(5);
    }

    @Test
    void pagesOfIncidentsBeginWithTheNewestAndNameTheNextAttempt() {
        for (int i = 0; i < 5; i++) {
            raise(AlertSubject.of(new BatchId("batch-" + i)), 1, "ops");
        }
        AlertNotification first = sent().getFirst();
        decide(new AlertMessage.SendEnded(1, "ops", AlertStep.RAISED, first.attempt(), status(503)));

        AlertPage page = list(false, 0, 2);
        assertThat(page.alerts()).extracting(AlertDescription::number).containsExactly(5L, 4L);
        assertThat(page.next()).isEqualTo("4");
        List<AlertDescription> all = new ArrayList<>(page.alerts());
        while (page.next() != null) {
            page = list(false, Long.parseLong(page.next()), 2);
            all.addAll(page.alerts());
        }

        assertThat(all).hasSize(5);
        assertThat(all.getLast().deliveries())
                .containsExactly(new AlertDescription.Delivery(
                        "ops",
                        "waiting",
                        1,
                        "the receiver answered with status 503",
                        outbox.due(Objects.requireNonNull(state.live().get(1L)), "ops")));
        assertThat(list(true, 0, 100).alerts()).hasSize(5);
    }

    private AlertPage list(boolean onlyOpen, long before, int limit) {
        AlertDecision.Reply reply = (AlertDecision.Reply) decide(new AlertMessage.CommandReceived(
                        new AlertCommand.ListIncidents(onlyOpen, before, limit, replies.getRef())))
                .getFirst();
        return ((AlertReply.Listed) reply.reply()).page();
    }
}
